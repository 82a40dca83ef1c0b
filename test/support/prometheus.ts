import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { takePort } from '../../origin/local/ports.ts'
import { ask } from './api-client.ts'
import { eventually } from './eventually.ts'
import { makeDataDirectory } from './run-folder.ts'
import { projectFolder } from './run-tool.ts'

/** Debian's Prometheus, which scrapes a Worker every second and evaluates the project's alert rules. */
export interface Prometheus {
  /** The present answer to a query: values by their labels as JSON. */
  query(expression: string): Promise<readonly { readonly labels: unknown; readonly value: number }[]>
  /** The `data` of another route of its API. */
  get<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.output<Schema>>
  stop(): Promise<void>
}

const vectorSchema = z.object({
  result: z.array(
    z.object({
      metric: z.record(z.string(), z.string()),
      value: z.tuple([z.number(), z.string().transform(Number)]),
    }),
  ),
})

export async function startPrometheus(worker: string): Promise<Prometheus> {
  const folder = await makeDataDirectory()
  const config = {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: [join(projectFolder, 'worker/deployment/alert-rules.yml')],
    scrape_configs: [{ job_name: 'boardcache', static_configs: [{ targets: [new URL(worker).host] }] }],
  }
  // JSON is YAML too.
  await writeFile(join(folder, 'prometheus.yml'), JSON.stringify(config))
  const port = await takePort(0)
  const server = spawn(
    'prometheus',
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  )
  const ended = once(server, 'exit')
  const url = `http://127.0.0.1:${port}`

  async function get<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.output<Schema>> {
    const { status, text } = await ask(`${url}${path}`, {}, 5_000)
    if (status !== 200) throw new Error(`${status}: ${text}`)
    return schema.parse(z.object({ data: z.unknown() }).parse(JSON.parse(text)).data)
  }
  async function stop(): Promise<void> {
    server.kill('SIGTERM')
    await ended
    await rm(folder, { recursive: true, force: true })
  }

  try {
    await eventually(async () => (await ask(`${url}/-/ready`, {}, 1_000).catch(() => null))?.status === 200)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    get,
    stop,
    async query(expression) {
      const { result } = await get(`/api/v1/query?query=${encodeURIComponent(expression)}`, vectorSchema)
      return result.map(({ metric, value: [, value] }) => ({ labels: metric, value }))
    },
  }
}
