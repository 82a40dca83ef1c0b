import { exports } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { liveProtocol } from '../../shared/contract/live.ts'
import { makeToken, secretSigner } from '../support/token-cases.ts'
import { workerTestBindings } from '../support/worker-bindings.ts'

const tokenFor = async (workspace: string) =>
  makeToken(
    { name: 'a good one', refusal: null },
    {
      issuer: 'https://example.supabase.co/auth/v1',
      audience: 'authenticated',
      nowSeconds: Math.floor(Date.now() / 1_000),
      signer: await secretSigner(workerTestBindings.SUPABASE_JWT_SECRET),
      claims: { app_metadata: { workspaces: { [workspace]: 'admin' } } },
    },
  )

it('a member is welcomed', async () => {
  const response = await exports.default.fetch('https://boardcache.test/api/live?workspaceId=15213', {
    headers: {
      Upgrade: 'websocket',
      'Sec-WebSocket-Protocol': `${liveProtocol}, bearer.${await tokenFor('15213')}`,
    },
  })
  if (response.status !== 101) console.log(await response.text())
  expect(response.status).toBe(101)
  const socket = response.webSocket
  if (socket === null) throw new Error('no socket')
  const first = new Promise((resolve) => socket.addEventListener('message', ({ data }) => resolve(data)))
  socket.accept()
  console.log(await first)
  socket.close()
})
