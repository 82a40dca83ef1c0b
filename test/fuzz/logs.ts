import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Fault } from './judge.ts'

const lineSchema = z.looseObject({
  level: z.union([z.string(), z.number()]),
  requestId: z.string().optional(),
  status: z.int().optional(),
  failure: z.string().optional(),
  error: z.string().optional(),
  route: z.string().optional(),
})

/** A fault in a log, and its request if the line names it. */
export interface LogFault extends Fault {
  readonly requestId: string | null
}

const names = ['worker', 'origin'] as const

/** Reads what the Worker and the origin have logged since the last call, and answers what should not be there. */
export class LogWatch {
  readonly #folder: string
  readonly #forbidden: readonly string[]
  readonly #readBytes = new Map<string, number>()

  /** `forbidden` are texts of contacts, tokens and searches, which no log may repeat. */
  constructor(folder: string, forbidden: readonly string[]) {
    this.#folder = folder
    this.#forbidden = forbidden
  }

  async faults(): Promise<LogFault[]> {
    const found: LogFault[] = []
    for (const name of names) {
      for (const line of withoutFrontLines(await this.#newLines(name))) {
        const isTold = this.#forbidden.find((text) => line.includes(text))
        if (isTold !== undefined)
          found.push({ kind: 'a log that tells', seen: line.slice(0, 400), requestId: null })
        const fault = faultOfLine(name, line)
        if (fault !== null) found.push(fault)
      }
    }
    return found
  }

  async #newLines(name: string): Promise<string[]> {
    const file = await open(join(this.#folder, `${name}.log`))
    try {
      const from = this.#readBytes.get(name) ?? 0
      const { size } = await file.stat()
      const { buffer } = await file.read(Buffer.alloc(size - from), 0, size - from, from)
      const end = buffer.lastIndexOf('\n') + 1
      this.#readBytes.set(name, from + end)
      return buffer
        .toString('utf8', 0, end)
        .split('\n')
        .filter((line) => line !== '')
    } finally {
      await file.close()
    }
  }
}

/**
 * workerd's own lines about requests that never reach a Worker, and about a request that was cut off while others
 * shared its load.
 */
const frontLines = [
  'Warning: A promise was resolved or rejected from a different request context',
  'Received a connect event but we lack a handler',
  'Uncaught exception: workerd/api/global-scope.c++:286: failed: remote.jsg.Error: Handler does not export a connect()',
  'Uncaught exception: workerd/jsg/value.h:1511: failed: remote.jsg.TypeError: Invalid URL string.',
]

/** The lines without those of workerd itself, each of which may have a stack on the following lines. */
function withoutFrontLines(lines: readonly string[]): string[] {
  let isOfFront = false
  return lines.filter((line) => {
    isOfFront = frontLines.some((front) => line.startsWith(front)) || (isOfFront && /^\s+at /.test(line))
    return !isOfFront
  })
}

/** Levels as the Worker names them and as pino numbers them. */
function isError(level: string | number): boolean {
  return typeof level === 'number' ? level >= 50 : level === 'error'
}

function faultOfLine(name: string, line: string): LogFault | null {
  const parsed = lineSchema.safeParse(line.startsWith('{') ? JSON.parse(line) : null)
  if (!parsed.success)
    return {
      kind: `an unexpected line in ${name}.log: ${line.slice(0, 60)}`,
      seen: line.slice(0, 400),
      requestId: null,
    }
  const { level, status, failure, error, route, requestId = null } = parsed.data
  const isUnexpectedStatus = status !== undefined && status >= 500 && status !== 503 && status !== 504
  if (!isUnexpectedStatus && (status !== undefined || !isError(level))) return null
  const kind = [name, 'logs', status ?? '', failure ?? error ?? '', route ?? '']
    .filter((word) => word !== '')
    .join(' ')
  return { kind, seen: line.slice(0, 600), requestId }
}
