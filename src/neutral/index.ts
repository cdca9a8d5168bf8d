// The neutral form: what every dialect is read into and written from. Begin with extra.ts (how nothing is lost),
// message.ts (where what stands) and codec.ts (who does what). An optional field may also be present and undefined, so
// that readers can fill object literals without branching; JSON does not tell the two apart, and neither do writers.
export { createFramer, type Framer } from '../sse/framer.ts'
export type * from './citation.ts'
export type * from './codec.ts'
export { appendedParts, Collector } from './collector.ts'
export type * from './content.ts'
export type * from './diagnostics.ts'
export type * from './error.ts'
export type * from './events.ts'
export type * from './extra.ts'
export { Fields, isObject, present, restore, shapeOf } from './fields.ts'
export type * from './message.ts'
export type * from './profile.ts'
export type * from './request.ts'
export type * from './response.ts'
export type * from './tool.ts'
export type * from './usage.ts'
