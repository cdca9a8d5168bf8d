import { parentPort, workerData } from 'node:worker_threads'
import type { WorkerStart } from '../messages.ts'
import { Intake } from './intake.ts'

await new Intake(workerData as WorkerStart, parentPort!).run()
