export { geminiCodec, geminiCodec as codec } from './codec.ts'
