/** Longest text of an expression, in UTF-16 units. */
export const maxTextLength = 65_536;

/** Deepest nesting of an expression. */
export const maxDepth = 200;

/** Longest string that an expression may make, in UTF-16 units. */
export const maxStringLength = 1_048_576;

/** Longest list that an expression may make. */
export const maxListLength = 65_536;

/** Longest regular expression or glob. */
export const maxPatternLength = 1024;

/** How many patterns that come with the data are kept compiled at each place of the text. */
export const maxCachedPatterns = 32;

/** Steps that macros and comparisons of lists may take in one evaluation. */
export const maxSteps = 100_000;

/** Problems of one expression after which no more are looked for. */
export const maxProblems = 100;
