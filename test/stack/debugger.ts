import { z } from 'zod'
import { eventually } from '../support/eventually.ts'

const targetsSchema = z.array(z.object({ webSocketDebuggerUrl: z.string() })).min(1)
const messageSchema = z.object({
  id: z.int().optional(),
  method: z.string().optional(),
  params: z.looseObject({ url: z.string().optional(), scriptId: z.string().optional() }).optional(),
  result: z.looseObject({ scriptSource: z.string().optional() }).optional(),
})
type Message = z.output<typeof messageSchema>

/** A debugger like an editor's: Chrome's DevTools protocol over a WebSocket. */
interface Debugger {
  /** Pauses at this text in the script whose URL ends like this. */
  breakAt(urlEnd: string, text: string): Promise<void>
  /** Sends requests until one is paused, lets that one continue without breakpoints, and answers its response. */
  resumePaused(request: () => Promise<Response>): Promise<Response>
  close(): void
}

export async function attachDebugger(port: number): Promise<Debugger> {
  const listed = await fetch(`http://127.0.0.1:${port}/json`)
  const [target] = targetsSchema.parse(await listed.json())
  // Miniflare refuses a client with a user agent and without an origin, as a web page might be.
  const init: WebSocketInit = { headers: { Origin: 'http://localhost' } }
  const socket = new WebSocket(target?.webSocketDebuggerUrl ?? '', init)
  const messages: Message[] = []
  socket.addEventListener('message', ({ data }) =>
    messages.push(messageSchema.parse(JSON.parse(String(data)))),
  )
  await eventually(() => socket.readyState === WebSocket.OPEN)
  let lastId = 0
  const find = (matches: (message: Message) => boolean) =>
    eventually(() => messages.find(matches) ?? (false as const))
  const call = async (method: string, params: object = {}) => {
    lastId += 1
    const id = lastId
    socket.send(JSON.stringify({ id, method, params }))
    return (await find((message) => message.id === id)).result
  }

  await call('Debugger.enable')
  return {
    async breakAt(urlEnd, text) {
      const parsed = await find(({ method, params }) => {
        return method === 'Debugger.scriptParsed' && params?.url?.endsWith(urlEnd) === true
      })
      const { url, scriptId } = parsed.params ?? {}
      const source = (await call('Debugger.getScriptSource', { scriptId }))?.scriptSource ?? ''
      const lineNumber = source.split('\n').findIndex((line) => line.includes(text))
      if (lineNumber < 0) throw new Error(`${urlEnd} has no "${text}"`)
      await call('Debugger.setBreakpointByUrl', { url, lineNumber })
    },
    async resumePaused(request) {
      const { answer } = await eventually(async () => {
        const sent = request()
        const paused = find(({ method }) => method === 'Debugger.paused')
        // A public answer may come from memory and never reach the breakpoint.
        const isPaused = await Promise.race([paused.then(() => true), sent.then(() => false)])
        return isPaused && { answer: sent }
      })
      await call('Debugger.disable')
      return answer
    },
    close: () => socket.close(),
  }
}
