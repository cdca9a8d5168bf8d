/** By the names that worker threads ask for, too. */
export { sessionOf as session } from '../session.ts'
export { geminiCodec, geminiCodec as codec } from './codec.ts'
