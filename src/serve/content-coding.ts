import type { Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { GatewayError } from '../errors.ts'

const DECODERS: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
}

/** Reads what a provider coded although it was asked for a plain answer. Throws for a coding nobody knows. */
export function createDecoder(coding: string, onBroken: (error: GatewayError) => void): Transform {
  const create = DECODERS[coding.toLowerCase()]
  if (!create) {
    const message = `the provider answered with content-encoding "${coding}", which this gateway cannot read`
    throw new GatewayError('LR_UPSTREAM_PROTOCOL', 502, message)
  }
  const decoder = create()
  decoder.on('error', cause => {
    const message = `the provider's ${coding} coding of its answer is broken`
    onBroken(new GatewayError('LR_UPSTREAM_PROTOCOL', 502, message, { cause }))
  })
  return decoder
}
