import { parentPort, workerData } from 'node:worker_threads'
import type { WorkerStart } from '../messages.ts'
import { Intake } from './intake.ts'
import { stepBack } from './priority.ts'

stepBack()
await new Intake(workerData as WorkerStart, parentPort!).run()
