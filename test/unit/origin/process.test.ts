import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const entry = fileURLToPath(new URL('../../../origin/index.ts', import.meta.url))
const least = {
  PORT: '0',
  SUPABASE_URL: 'http://127.0.0.1:1',
  SUPABASE_PUBLISHABLE_KEY: 'sb_publishable_x',
  INTERNAL_AUTH_KEY: 'sixteen-or-more-characters',
  JWT_ISSUER: 'https://project.supabase.co/auth/v1',
  SUPABASE_JWT_SECRET: 'a secret of at least thirty-two characters',
}

function startProcess(env: Record<string, string>) {
  const child = spawn(process.execPath, [entry], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const errors: string[] = []
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk.toString()))
  return {
    child,
    lines: createInterface({ input: child.stdout }),
    ended: once(child, 'close').then(([code]) => ({ code, errors: errors.join('') })),
  }
}

test('without configuration it ends at once with a sentence for each variable', async () => {
  const { code, errors } = await startProcess({}).ended
  expect(code).toBe(1)
  expect(errors).toMatch(
    /^The origin cannot start\. SUPABASE_URL must be .+\nSUPABASE_PUBLISHABLE_KEY must .+\nINTERNAL.+\nJWT_ISSUER must/,
  )
  expect(errors).not.toContain('    at ')
})

test.each(['SIGTERM', 'SIGINT'] as const)('%s stops it, with code 0', async (signal) => {
  const { child, lines, ended } = startProcess(least)
  const [line] = await once(lines, 'line')
  const { msg, port } = JSON.parse(line)
  expect(msg).toBe('listening')
  expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(503)
  child.kill(signal)
  expect(await ended).toEqual({ code: 0, errors: '' })
})

test('for a port in use it prints one sentence that says what to do', async () => {
  const first = startProcess(least)
  const [line] = await once(first.lines, 'line')
  const { port } = JSON.parse(line)
  const { code, errors } = await startProcess({ ...least, PORT: `${port}` }).ended
  expect(code).toBe(1)
  expect(errors).toBe(
    `The origin cannot start. Port ${port} of 127.0.0.1 is in use. Stop the process that uses it, or set PORT to another port.\n`,
  )
  first.child.kill('SIGTERM')
  await first.ended
})
