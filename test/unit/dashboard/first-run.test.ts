import { describe, expect, it } from 'vitest'
import { curlLines } from '../../../worker/dashboard/src/first-run/curl-lines.ts'
import { triesFor } from '../../../worker/dashboard/src/first-run/tries.ts'

describe('the lines of the first steps', () => {
  const stack = { url: 'http://127.0.0.1:8787', workspaceId: '15214', boardId: 'board 1', isAdmin: false }

  it('name the stack, the workspace and the board that are shown, and no secret', () => {
    const lines = curlLines(stack).map(({ line }) => line)
    expect(lines[0]).toBe(
      'curl -H "Authorization: Bearer $TOKEN" -H "X-Workspace-ID: 15214" "http://127.0.0.1:8787/api/boards/board%201/contacts?per_page=3"',
    )
    for (const line of lines) expect(line.startsWith('curl ')).toBe(true)
    expect(lines.join()).not.toMatch(/Bearer (?!\$)/)
  })

  it('have nothing that a member may not do with their token', () => {
    const explain = (isAdmin: boolean) =>
      curlLines({ ...stack, isAdmin }).some(({ line }) => line.includes('X-Explain'))
    expect([explain(false), explain(true)]).toEqual([false, true])
  })
})

describe('the things to try', () => {
  it('show a member neither the switch nor the feed, which only admins have', () => {
    const titles = (isAdmin: boolean) => triesFor(['board', 'workspace'], isAdmin).map(({ title }) => title)
    expect(titles(false)).toEqual(['Look at a board', 'See where an answer comes from'])
    expect(titles(true)).toEqual(['Look at a board', 'Switch something off and on'])
    const said = (isAdmin: boolean) =>
      curlLines({ url: '', workspaceId: '15214', boardId: 'b', isAdmin })
        .map(({ what }) => what)
        .join()
        .includes('Activity')
    expect([said(false), said(true)]).toEqual([false, true])
  })
})
