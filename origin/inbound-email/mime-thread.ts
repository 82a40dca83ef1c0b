import { parentPort } from 'node:worker_threads'
import { mimeContentOf } from './mime-content.ts'

/** The thread of mime-reader.ts: it gets the bytes of a message and answers its content, one message after the other. */
parentPort?.on('message', async (bytes: Uint8Array<ArrayBuffer>) => {
  parentPort?.postMessage(await mimeContentOf(bytes))
})
