/** Longest text of an expression, in UTF-16 units. */
export const maxTextLength = 65_536;

/** Deepest nesting of an expression. */
export const maxDepth = 200;

/** Longest string and list that an expression may make. */
export const maxStringLength = 1_048_576;
export const maxListLength = 65_536;

/** Longest regular expression, and how many that come from attributes are kept compiled at each place. */
export const maxPatternLength = 1024;
export const maxCachedPatterns = 32;

/** Steps that macros and comparisons of lists may take in one evaluation. */
export const maxSteps = 100_000;
