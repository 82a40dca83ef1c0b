import { execFile } from 'node:child_process'
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { takePort } from '../../origin/local/ports.ts'
import { readStackFile } from '../../origin/local/stack-file.ts'
import { invalidate } from '../support/api-client.ts'
import { eventually } from '../support/eventually.ts'
import { makeDataDirectory } from '../support/run-folder.ts'
import { attachDebugger } from './debugger.ts'
import { npmStartIn, type Started } from './npm-start.ts'
import { copyProject, edit } from './project-copy.ts'

const patient = { deadlineMs: 60_000 }
const event = { workspaceId: '15213', boardId: 'board_123', action: 'board_updated' }
const healthSchema = z.object({ worker: z.string() })

let folder: string
let project: string
let stack: Started

beforeAll(async () => {
  folder = await makeDataDirectory()
  project = await copyProject(folder)
  const data = join(folder, 'data')
  stack = npmStartIn(project, data, await takePort(0), '--watch', '--inspect', '--no-redis')
  await stack.line(/^ready /)
}, 180_000)

afterAll(async () => {
  stack?.process.kill('SIGINT')
  await stack?.ended
  await rm(folder, { recursive: true, force: true })
})

const stackFile = () => readStackFile(join(folder, 'data'))
const inProject = (path: string) => join(project, path)

async function nameInHealth(): Promise<string> {
  const { worker } = await stackFile()
  return healthSchema.parse(await (await fetch(`${worker}/health`)).json()).worker
}

async function dashboardPage(): Promise<string> {
  const { worker } = await stackFile()
  return (await fetch(`${worker}/`)).text()
}

async function nextVersion(): Promise<number> {
  const { worker, internalAuthKey } = await stackFile()
  return (await invalidate(worker, internalAuthKey, event)).version
}

/** Waits for a line of the console about a file, after position `from`. */
async function lineSince(from: number, matching: RegExp): Promise<void> {
  await eventually(() => stack.lines.slice(from).some((line) => matching.test(line)), patient)
}

describe('npm start -- --watch', () => {
  it('runs a changed Worker, which still has its ledger', async () => {
    const before = await nextVersion()
    const restore = await edit(inProject('worker/routes/health.ts'), "'boardcache'", "'edited'")
    await eventually(async () => expect(await nameInHealth()).toBe('edited'), patient)
    expect(await nextVersion()).toBe(before + 1)
    await restore()
    await eventually(async () => expect(await nameInHealth()).toBe('boardcache'), patient)
  })

  it('runs a changed origin, and leaves the database as it is', async () => {
    const before = await stackFile()
    await edit(inProject('origin/index.ts'), '\nconst config = ', "\nconsole.log('edited')\nconst config = ")
    await eventually(async () => {
      const { pids } = await stackFile()
      expect(pids.origin).not.toBeNull()
      expect(pids.origin).not.toBe(before.pids.origin)
      // The Worker may still be loading the file that the test before restored.
      expect(pids).toEqual({ ...before.pids, origin: pids.origin, worker: pids.worker })
    }, patient)
    expect(await readFile(join(folder, 'data/logs/origin.log'), 'utf8')).toContain('edited\n')
    expect((await fetch(`${before.origin}/health`)).status).toBe(200)
  })

  it('serves a changed dashboard', async () => {
    await edit(inProject('worker/dashboard/index.html'), '<title>', '<title>Edited ')
    await eventually(async () => expect(await dashboardPage()).toContain('<title>Edited '), patient)
    // It was built without minifying, so the next start has to build it again.
    const built = inProject('worker/dashboard/dist/index.html')
    await eventually(async () => expect((await stat(built)).mtimeMs).toBe(0), patient)
  })

  it('serves its dashboard whole while another stack of the checkout replaces the built files', async () => {
    const { worker } = await stackFile()
    const dist = inProject('worker/dashboard/dist')
    const away = join(folder, 'dist')
    await rename(dist, away)
    onTestFinished(() => rename(away, dist))
    const files = [...(await dashboardPage()).matchAll(/"(\/dashboard\/[^"]+)"/g)].map(([, path]) => path)
    expect(files.length).toBeGreaterThan(3)
    for (const path of files) expect([path, (await fetch(`${worker}${path}`)).status]).toEqual([path, 200])
  })

  it.each([
    ['worker/routes/health.ts', 'const broken = ', 'The Worker cannot be built'],
    ['worker/routes/health.ts', "throw new Error('broken')", 'Uncaught Error: broken'],
    ['worker/dashboard/src/main.tsx', 'const broken = ', 'The dashboard cannot be built'],
    ['origin/index.ts', 'const broken = ', 'The changed origin did not start'],
    ['origin/index.ts', 'await Promise.reject(new Error("broken"))', 'The changed origin did not start'],
  ])('says that %s with `%s` is broken, and keeps the running version', async (path, line, why) => {
    const from = stack.lines.length
    const { pids, origin } = await stackFile()
    const text = await readFile(inProject(path), 'utf8')
    onTestFinished(() => writeFile(inProject(path), text))
    await writeFile(inProject(path), `${text}\n${line}\n`)
    await eventually(() => {
      const said = stack.lines.slice(from).join('\n')
      expect(said).toMatch(new RegExp(`${path}.* changed, but the running version stays`))
      expect(said).toContain(why)
    }, patient)
    expect(await nameInHealth()).toBe('boardcache')
    expect(await dashboardPage()).toContain('<title>')
    expect((await fetch(`${origin}/health`)).status).toBe(200)
    expect((await stackFile()).pids.origin).toBe(pids.origin)
  })

  it('says how to apply a new migration, and then it is applied', async () => {
    const from = stack.lines.length
    const name = '20991231000000_answer.sql'
    const sql =
      "create function public.answer() returns jsonb language sql set search_path = '' as $$ select '42'::jsonb $$;"
    await writeFile(inProject(`origin/supabase/migrations/${name}`), sql)
    await lineSince(from, /"npm run -s migrate" applies new migrations/)
    const program = inProject('origin/local/migrate.ts')
    const { stdout } = await promisify(execFile)(process.execPath, [program, '--data', join(folder, 'data')])
    expect(stdout).toBe(`Applied ${name}.\n`)
    const { supabase } = await stackFile()
    await eventually(async () => {
      const headers = { apikey: supabase.secretKey, 'Content-Type': 'application/json' }
      const answer = await fetch(`${supabase.url}/rest/v1/rpc/answer`, {
        method: 'POST',
        headers,
        body: '{}',
      })
      expect(await answer.json()).toBe(42)
    })
  })
})

describe('npm start -- --inspect', () => {
  // No other test reads this page, so that it is not cached.
  const page = '/api/boards/board_123/contacts?page=2'
  it.each([
    ['worker', 'script-0.mjs', 'response_time: nowMs', '/health', 'worker/routes/health.ts'],
    ['worker', 'script-0.mjs', 'async function answerFromOrigin', page, 'worker/cache/read.ts'],
    ['origin', 'origin/routes/health.ts', 'function current', '/health', 'origin/routes/health.ts'],
  ] as const)('lets a debugger pause the %s: %s, `%s`', async (name, script, text, path, file) => {
    const { inspectors, tokens, ...addresses } = await stackFile()
    const attached = await attachDebugger(inspectors?.[name] ?? 0)
    onTestFinished(() => attached.close())
    await attached.breakAt(script, text)
    const headers = { Authorization: `Bearer ${tokens.admin}`, 'X-Workspace-ID': '15213' }
    const { answer, at } = await attached.resumePaused(() => fetch(`${addresses[name]}${path}`, { headers }))
    // Calls outwards keep their deadlines while the process is paused, so its answer may be that one has passed.
    expect([200, 503, 504]).toContain(answer.status)
    // The breakpoint stands in the bundle, and the editor shows the line of the TypeScript file.
    expect(at.file).toMatch(new RegExp(`(^|/)${file}$`))
    const lines = (await readFile(inProject(file), 'utf8')).split('\n')
    const wanted = lines.findIndex((line) => line.includes(text))
    expect(at.line).toBeGreaterThan(wanted)
    expect(at.line).toBeLessThanOrEqual(wanted + 6)
  })
})
