/** Something that plugins offer each other without knowing each other. The service object is the key. */
export interface Service<T> {
  readonly name: string
  /** Never set: it carries the type of what is offered. */
  readonly offered?: T
}

/** Declares a service. The core declares those that several plugins share; see `services.ts`. */
export function defineService<T>(name: string): Service<T> {
  return Object.freeze({ name })
}
