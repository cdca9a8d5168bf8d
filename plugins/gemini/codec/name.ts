/** The dialect's name, under which its remainders are kept. */
export const DIALECT = 'gemini'
