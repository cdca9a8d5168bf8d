import { parentPort, workerData } from 'node:worker_threads'
import { GatewayError } from 'lunaroute'
import { type ReaderOptions, SqliteReader } from './reader.ts'
import { type Answer, answer, type Question } from './store.ts'

const reader = new SqliteReader(workerData as ReaderOptions)

parentPort!.on('message', ({ id, method, args }: Question) => {
  parentPort!.postMessage(reply(id, method, args))
})

function reply(id: number, method: Question['method'], args: readonly unknown[]): Answer {
  try {
    return { id, value: answer(reader, method, args) }
  } catch (error) {
    const { code, status, message, param } =
      error instanceof GatewayError ? error : new GatewayError('LR_INTERNAL', 500, String(error))
    return { id, error: { code, status, message, ...(param !== undefined && { param }) } }
  }
}
