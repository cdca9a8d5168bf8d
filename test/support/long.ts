/** LUNAROUTE_LONG_TESTS=1: tests of endurance take as long as what they are about. */
export const IS_LONG = process.env.LUNAROUTE_LONG_TESTS === '1'
