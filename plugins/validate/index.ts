import { isAscii, isUtf8 } from 'node:buffer'
import { definePlugin, GatewayError, Type, withDefault } from 'lunaroute'

/** Refuses a body that is not JSON before it costs a call upstream. */
export default definePlugin({
  name: 'validate',
  options: Type.Object({
    parse_up_to: withDefault(
      Type.Integer({ minimum: 0, description: 'Bytes up to which a body is parsed whole.' }),
      16 * 1024,
    ),
    scan_up_to: withDefault(
      Type.Integer({ minimum: 0, description: 'Bytes up to which a larger body is checked for its structure.' }),
      64 * 1024,
    ),
  }),
  setup({ parse_up_to: parseUpTo, scan_up_to: scanUpTo }) {
    return {
      normalize(request) {
        const { bytes, endpoint } = request
        if (endpoint.body !== 'json') return
        if (!isUtf8(bytes)) {
          throw new GatewayError('LR_BAD_UTF8', 400, 'the request body is not valid UTF-8; JSON has to be')
        }
        // Those of `request` keep what they found for the plugins after this one, and throw LR_BAD_JSON.
        if (bytes.length <= parseUpTo) {
          if (isAscii(bytes) || !isJson(bytes)) request.json()
        } else if (bytes.length <= scanUpTo) request.peek('model')
      },
    }
  },
})

/**
 * Whether UTF-8 is JSON, whatever its text says: beyond ASCII there is but text, and to read that as Latin-1 spares the two
 * bytes a character which make a parse cost twice as much.
 */
function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString('latin1'))
    return true
  } catch {
    return false
  }
}
