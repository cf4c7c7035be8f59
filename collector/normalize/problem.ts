/** Something wrong in the settings of normalization: where, what was expected, and the names that would do. */
export interface SettingProblem {
  /** Keys from the top of the configuration. */
  readonly path: readonly (string | number)[];
  readonly message: string;
  /** The names that are valid here, where a name is not. */
  readonly valid?: readonly string[];
}
