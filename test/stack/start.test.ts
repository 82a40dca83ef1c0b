import { execFile } from 'node:child_process'
import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { takePort } from '../../origin/local/ports.ts'
import { commandOf } from '../../origin/local/running-processes.ts'
import { signIns } from '../../origin/local/sign-ins.ts'
import { readStackFile, type StackFile } from '../../origin/local/stack-file.ts'
import { eventually } from '../support/eventually.ts'
import { makeDataDirectory } from '../support/run-folder.ts'
import { npmStart, type Started } from './npm-start.ts'

const tokenProgram = fileURLToPath(new URL('../../origin/local/token.ts', import.meta.url))
const mailProgram = fileURLToPath(new URL('../../origin/local/send-mail.ts', import.meta.url))

let folder: string
let running: Started[]

async function makeFolder(): Promise<void> {
  folder = await makeDataDirectory()
}

async function removeFolder(): Promise<void> {
  await rm(folder, { recursive: true, force: true })
}

beforeEach(() => {
  running = []
})

async function endAll(): Promise<void> {
  for (const started of running) started.process.kill('SIGTERM')
  await Promise.all(running.map(({ ended }) => ended))
}

afterEach(endAll)

function start(port: number, ...more: string[]): Started {
  const started = npmStart(folder, port, ...more)
  running.push(started)
  return started
}

const processesOf = ({ pids }: StackFile) => Object.values(pids).filter((pid) => pid !== null)

async function expectAllEnded(pids: readonly number[]): Promise<void> {
  await eventually(
    async () => {
      expect(await Promise.all(pids.map(commandOf))).toEqual(pids.map(() => null))
    },
    { deadlineMs: 15_000 },
  )
}

const lookupSchema = z.object({ data: z.object({ lead: z.object({ name: z.string() }) }) })

/** The name in the answer to the lookup by phone that `npm start` prints. */
async function leadOfThePrintedLookup({ lines }: Started, { internalAuthKey }: StackFile): Promise<string> {
  const [, url = ''] = /"(http[^"]*by-phone[^"]*)"/.exec(lines.join('\n')) ?? []
  const headers = { Authorization: `Bearer ${internalAuthKey}`, 'X-Workspace-ID': '15214' }
  return lookupSchema.parse(await (await fetch(url, { headers })).json()).data.lead.name
}

/** The printed line for mail, after the printed variables, as a shell reads it; `curl` itself may not be here. */
async function sendPrintedMail({ lines }: Started): Promise<unknown> {
  const variables = lines.filter((line) => line.startsWith('  export '))
  const [line = ''] = lines.filter((each) => /^ {2}curl .*email-webhook"$/.test(each))
  const script = ['curl() { printf "%s\\n" "$@"; }', ...variables, line].join('\n')
  const words = (await promisify(execFile)('sh', ['-c', script])).stdout.trim().split('\n')
  const after = (option: string) => words.filter((_, index) => words[index - 1] === option)
  const response = await fetch(words.at(-1) ?? '', {
    method: 'POST',
    headers: after('-H').map((header): [string, string] => {
      const [name = '', value = ''] = header.split(': ', 2)
      return [name, value]
    }),
    body: after('-d').join(''),
  })
  return response.json()
}

const pageSchema = z.object({ data: z.object({ contacts: z.array(z.object({ id: z.string() })).min(1) }) })

/** The contacts of the large board's first page. */
async function readPage(file: StackFile) {
  const response = await fetch(`${file.worker}/api/boards/board_123/contacts`, {
    headers: { Authorization: `Bearer ${file.tokens.admin}`, 'X-Workspace-ID': '15213' },
  })
  expect(response.status).toBe(200)
  return pageSchema.parse(await response.json()).data.contacts
}

const notedSchema = z.object({ children: z.array(z.object({ pid: z.int() })).min(1) })

async function readNotedPids(): Promise<number[]> {
  const text = await readFile(join(folder, 'pids.json'), 'utf8')
  return notedSchema.parse(JSON.parse(text)).children.map(({ pid }) => pid)
}

describe('npm start', () => {
  // One folder for all of these tests: from the second start on its data exist.
  beforeAll(makeFolder)
  afterAll(removeFolder)

  it('says when it is ready and what to paste, writes a file for scripts that only its owner can read, and ends everything with Ctrl-C', async () => {
    const port = await takePort(0)
    const stack = start(port)
    expect(await stack.line(/^ready /)).toBe(`ready http://127.0.0.1:${port}`)
    const file = await readStackFile(folder)
    await readPage(file)
    expect(stack.lines.filter((line) => line.includes(file.tokens.admin))).toEqual([
      `  export TOKEN=${file.tokens.admin}`,
    ])
    for (const { email, may } of signIns) {
      expect(stack.lines.find((line) => line.includes(`  ${email} `))).toContain(may)
    }
    expect(await leadOfThePrintedLookup(stack, file)).toBe('Ann Lee')
    expect(file.emailAddress).toBe('inbox@15213.boardcache.example')
    expect(await sendPrintedMail(stack)).toMatchObject({
      success: true,
      processed: { contactId: expect.any(String) },
    })
    expect(await sendPrintedMail(stack)).toMatchObject({ state: 'completed' })
    const options = ['--data', folder, '--count', '3', '--duplicate', '--from', 'ann@other.example']
    const sent = await promisify(execFile)(process.execPath, [mailProgram, ...options, '--at-once', '1'])
    expect(sent.stdout).toMatch(/^ +1 {2}200\n +2 {2}200 completed\n3 in /)
    expect((await stat(join(folder, 'stack.json'))).mode & 0o777).toBe(0o600)
    expect((await stat(join(folder, 'local.json'))).mode & 0o777).toBe(0o600)
    const pids = processesOf(file)
    // Without redis-server the bridge stores the data itself.
    expect(pids).toHaveLength(6)

    stack.process.kill('SIGINT')
    expect(await stack.ended).toBe(0)
    await expectAllEnded(pids)
    await expect(readStackFile(folder)).rejects.toThrow('No stack is running')
  })

  it('leaves nothing that hinders the next start when it is killed, and keeps its data', async () => {
    const port = await takePort(0)
    const killed = start(port)
    await killed.line(/^ready /)
    const before = await readStackFile(folder)
    const contacts = await readPage(before)
    killed.process.kill('SIGKILL')
    await killed.ended

    const next = start(port)
    await next.line(/^ready /)
    await expectAllEnded(processesOf(before))
    const after = await readStackFile(folder)
    expect(after.internalAuthKey).toBe(before.internalAuthKey)
    expect(await readPage(after)).toEqual(contacts)
  })

  it('reports a folder or a port that is in use, or a port that no browser takes, and touches none', async () => {
    const port = await takePort(0)
    const stack = start(port)
    await stack.line(/^ready /)
    const again = start(await takePort(0), '--fresh')
    expect(await again.ended).toBe(2)
    expect(again.lines.join('\n')).toContain(
      `A stack is already running on ${folder} (process ${stack.process.pid}).`,
    )
    await readPage(await readStackFile(folder))
    stack.process.kill('SIGINT')
    await stack.ended

    const state = await readFile(join(folder, 'local.json'), 'utf8')
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve))
    const late = start(port, '--fresh')
    expect(await late.ended).toBe(2)
    other.close()
    expect(late.lines).toEqual([
      `Port ${port} is in use by another program. Stop that program, or choose another port with --port.`,
    ])
    const blocked = start(10_080, '--fresh')
    expect(await blocked.ended).toBe(2)
    expect(blocked.lines).toEqual([
      'Browsers refuse to connect to port 10080. Choose another port with --port.',
    ])
    expect(await readFile(join(folder, 'local.json'), 'utf8')).toBe(state)
  })

  it('makes tokens for the given user, workspace and role', async () => {
    const stack = start(await takePort(0), '--no-redis')
    await stack.line(/^ready /)
    const file = await readStackFile(folder)
    const make = promisify(execFile)
    const options = ['--user', 'someone', '--workspace', '15214', '--role', 'member', '--data', folder]
    const { stdout } = await make(process.execPath, [tokenProgram, ...options])
    const counts = (workspace: string) =>
      fetch(`${file.worker}/api/cache-settings/workspace/${workspace}/counts`, {
        headers: { Authorization: `Bearer ${stdout.trim()}` },
      })
    expect((await counts('15214')).status).toBe(200)
    expect((await counts('15213')).status).toBe(403)
    await expect(make(process.execPath, [tokenProgram, '--user', 'someone'])).rejects.toThrow('Usage:')
  })
})

describe('npm start in a new folder', () => {
  beforeEach(makeFolder)
  // In this order, because processes that still run write to the folder.
  afterEach(async () => {
    await endAll()
    await removeFolder()
  })

  it('ends what it has started when it is interrupted while it starts', async () => {
    const stack = start(await takePort(0))
    await stack.line(/Supabase/)
    const pids = await readNotedPids()
    stack.process.kill('SIGINT')
    expect(await stack.ended).toBe(2)
    await expectAllEnded(pids)
  })

  it('starts a load again that was interrupted', async () => {
    const broken = start(await takePort(0), '--contacts', '200000')
    await broken.line(/20,000 of 200,000/)
    broken.process.kill('SIGKILL')
    await broken.ended
    const next = start(await takePort(0))
    await next.line(/an earlier load was interrupted/)
    await next.line(/^ready /)
    await readPage(await readStackFile(folder))
  })

  it('removes with --fresh what a stack has stored in the folder, and nothing else', async () => {
    await writeFile(join(folder, 'thesis.txt'), 'mine')
    await writeFile(join(folder, 'local.json'), 'broken')
    const refused = start(await takePort(0))
    expect(await refused.ended).toBe(2)
    expect(refused.lines).toEqual([
      `${join(folder, 'local.json')} cannot be read. Start again with --fresh, which creates the data again.`,
    ])
    const stack = start(await takePort(0), '--fresh', '--no-redis')
    await stack.line(/^ready /)
    expect((await readStackFile(folder)).redis).toBeNull()
    expect(await readFile(join(folder, 'thesis.txt'), 'utf8')).toBe('mine')
  })
})
