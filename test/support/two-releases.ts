import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { takePort } from '../../origin/local/ports.ts'
import { sharedOptions, workerOptions } from '../../origin/local/worker-process.ts'
import type { TestStack } from './local-stack.ts'

/** The release that runs already, and the one that is deployed beside it. */
export const releaseNames = ['earlier', 'present'] as const
export type ReleaseName = (typeof releaseNames)[number]

const present = fileURLToPath(new URL('../../', import.meta.url))

/** Half of the requests to each release, as in the middle of a gradual deployment. The origin's relay is among the callers. */
const front = `let turns = 0
export default { fetch: (request, env) => ((turns += 1) % 2 === 0 ? env.EARLIER : env.PRESENT).fetch(request) }`

export interface TwoReleases {
  /** The Worker of each release. The stack's own address leads to both in turn. */
  readonly urls: Readonly<Record<ReleaseName, string>>
  /** Starts both Workers again with other variables, and has one release run the Durable Objects, with everything that is stored. */
  run(host: ReleaseName, variables?: Readonly<Record<string, string>>): Promise<void>
  /** Removes everything from KV. Redis keeps its entries. */
  emptyKv(): Promise<void>
  /** The lines of both Workers' logs about requests that were answered with a 5xx. */
  readonly failures: readonly string[]
  stop(): Promise<void>
}

/**
 * Runs the Workers of two releases in place of the stack's own Worker, in one workerd. They share KV, the edge cache, the Redis of the
 * stack and every Durable Object. As on Cloudflare an object runs the code of one release at a time, whichever release calls it; here
 * that is the same release for all objects.
 */
export async function startTwoReleases(
  stack: TestStack,
  dataDirectory: string,
  earlier: string,
): Promise<TwoReleases> {
  const { worker } = stack.pieces
  await worker.stop()
  const folders = { earlier, present }
  const ports = { earlier: await takePort(0), present: await takePort(0) }
  const built = {
    earlier: await workerOptions({ variables: worker.variables, project: earlier }),
    present: await workerOptions({ variables: worker.variables }),
  }
  const workerOf = (name: ReleaseName, host: ReleaseName, variables: Readonly<Record<string, string>>) => {
    const { durableObjects, bindings, ...rest } = built[name]
    const objects = Object.entries(durableObjects).map(([binding, object]) => [
      binding,
      // The same place on disk, whichever release runs them.
      { ...object, ...(host === name ? { unsafeUniqueKey: object.className } : { scriptName: host }) },
    ])
    return {
      ...rest,
      name,
      bindings: { ...bindings, ...variables },
      durableObjects: Object.fromEntries(objects),
      assets: {
        directory: join(folders[name], 'worker/dashboard/dist'),
        binding: 'ASSETS',
        routerConfig: { has_user_worker: true, invoke_user_worker_ahead_of_assets: true },
        assetConfig: { html_handling: 'none' as const, not_found_handling: 'none' as const },
      },
      unsafeDirectSockets: [{ host: '127.0.0.1', port: ports[name] }],
    }
  }
  const optionsOf = (host: ReleaseName, variables: Readonly<Record<string, string>> = {}) =>
    convertV4MiniflareOptions({
      ...sharedOptions(dataDirectory),
      port: Number(new URL(worker.url).port),
      handleStructuredLogs: ({ message }) => {
        if (/"status":5\d\d/.test(message)) failures.push(message)
      },
      workers: [
        {
          ...{ name: 'front', modules: true, script: front },
          serviceBindings: { EARLIER: 'earlier', PRESENT: 'present' },
        },
        ...releaseNames.map((name) => workerOf(name, host, variables)),
      ],
    })
  const failures: string[] = []
  const miniflare = new Miniflare(optionsOf('earlier'))
  await miniflare.ready
  const urlOf = (name: ReleaseName) => `http://127.0.0.1:${ports[name]}`
  return {
    urls: { earlier: urlOf('earlier'), present: urlOf('present') },
    run: (host, variables) => miniflare.setOptions(optionsOf(host, variables)),
    async emptyKv() {
      const kv = await miniflare.getKVNamespace('BOARD_CACHE', 'present')
      for (const { name } of (await kv.list()).keys) await kv.delete(name)
    },
    failures,
    stop: () => miniflare.dispose(),
  }
}
