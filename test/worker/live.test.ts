import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { liveCloseCodes, liveProtocol } from '../../shared/contract/live.ts'
import { bucketMove } from '../../shared/tags/moves.ts'
import { FakeOrigin, LiveSocket, request, tokenFor, upgrade } from './live-sockets.ts'

/*
 * Live boards in real workerd, over real WebSockets, through the Worker's own door, to the hub and its ledger.
 */

const page = '/api/boards/b1/contacts'
let origin: FakeOrigin
beforeEach(() => {
  origin = new FakeOrigin()
})
afterEach(() => vi.unstubAllGlobals())

describe('the door', () => {
  it('lets a member in, and answers with the subprotocol and without the token', async () => {
    const token = await tokenFor('1001')
    const answer = await upgrade('1001', token)
    expect([answer.status, answer.headers.get('Sec-WebSocket-Protocol')]).toEqual([101, liveProtocol])
    expect(JSON.stringify([...answer.headers])).not.toContain(token)
    expect(answer.headers.get('X-Request-ID')).not.toBeNull()
    answer.webSocket?.accept()
    answer.webSocket?.close(1_000, '')
  })

  it.each([
    ['without a token', '1001', { 'Sec-WebSocket-Protocol': liveProtocol }, 401, 'token_missing'],
    [
      'with nonsense for a token',
      '1001',
      { 'Sec-WebSocket-Protocol': `${liveProtocol}, bearer.x` },
      401,
      'token_invalid',
    ],
    ['to another workspace', '1002', {}, 403, 'not_a_member'],
    [
      'from a page of another origin',
      '1001',
      { Origin: 'https://elsewhere.example' },
      403,
      'origin_not_allowed',
    ],
    ['that does not ask for an upgrade', '1001', { Upgrade: 'h2c' }, 426, 'upgrade_required'],
  ])('refuses a request %s', async (_what, workspace, headers, status, code) => {
    const answer = await upgrade(workspace, await tokenFor('1001'), headers)
    expect(answer.status).toBe(status)
    expect(await answer.json()).toMatchObject({ code })
  })

  it('refuses a request that does not offer the protocol, or names no workspace', async () => {
    const Authorization = `Bearer ${await tokenFor('1001')}`
    const without = await request('/api/live?workspaceId=1001', { Upgrade: 'websocket', Authorization })
    expect(await without.json()).toMatchObject({ code: 'invalid_parameter' })
    const nowhere = await request('/api/live', { Upgrade: 'websocket', Authorization })
    expect(await nowhere.json()).toMatchObject({ code: 'workspace_missing' })
  })

  it('lets pages of allowed origins in, and those of its own', async () => {
    for (const Origin of ['https://crm.example.com', 'https://boardcache.test']) {
      const answer = await upgrade('1001', await tokenFor('1001'), { Origin, Host: 'boardcache.test' })
      expect(answer.status).toBe(101)
      answer.webSocket?.accept()
      answer.webSocket?.close(1_000, '')
    }
  })
})

describe('a connection', () => {
  it('answers a ping', async () => {
    const socket = await LiveSocket.open('1003')
    socket.send('ping')
    await socket.until(() => socket.texts.includes('pong'))
    socket.close()
  })

  it('is told the difference after a write, from one load for all', async () => {
    const sockets = [await LiveSocket.open('1004'), await LiveSocket.open('1004', 'bob')]
    for (const socket of sockets) expect(await socket.show(1, page)).toMatchObject({ type: 'moved' })
    await origin.write('1004')
    for (const socket of sockets) {
      await socket.until(() => socket.frames.some(({ type }) => type === 'changed'))
      expect(socket.texts.at(-1)).toContain(origin.nameIn('1004'))
      socket.close()
    }
    expect(origin.loads).toEqual(['1004', '1004'])
  })

  it('ends when the membership of its user moves', async () => {
    const socket = await LiveSocket.open('1005')
    await origin.write('1005', [bucketMove('members', 'ann')])
    await socket.until(() => socket.closedWith !== null)
    expect(socket.closedWith).toBe(liveCloseCodes.membershipMoved)
  })

  it('is refused what is no frame, and stays open', async () => {
    const socket = await LiveSocket.open('1006')
    socket.send('nonsense')
    await socket.until(() => socket.frames.some(({ type }) => type === 'refused'))
    expect(await socket.show(1, '/api/nothing')).toMatchObject({ type: 'refused', code: 'question_invalid' })
    expect(socket.closedWith).toBeNull()
    socket.close()
  })
})
