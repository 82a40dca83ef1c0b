import { z } from 'zod'

/** Storage as auth-js uses it. */
interface SessionStore {
  readonly storageKey: string
  readonly storage: {
    getItem(key: string): string | null
    setItem(key: string, value: string): void
    removeItem(key: string): void
  }
}

const nameKey = 'boardcache-sign-in'
const channelName = 'boardcache-tabs'
/** Tabs answer within some milliseconds, unless there is none. */
const answerMs = 150

const messageSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('asked'), by: z.string() }),
  z.object({
    kind: z.literal('handed'),
    to: z.string(),
    name: z.string(),
    key: z.string(),
    value: z.string(),
  }),
  z.object({ kind: z.literal('stored'), key: z.string(), value: z.string().nullable() }),
])
type Message = z.output<typeof messageSchema>

/**
 * Keeps a session in its tabs: a tab that is opened while another one is signed in takes the session over, as somebody expects who
 * opens a link in a new tab, and all of them forget it together. When the last of them is closed, it is gone. The storage key differs by
 * sign-in, because auth-js tells all tabs that use the same one whose user is signed in.
 */
export async function openSessionStore(): Promise<SessionStore> {
  const channel = new BroadcastChannel(channelName)
  const tell = (message: Message) => channel.postMessage(message)
  const name = sessionStorage.getItem(nameKey) ?? (await handedOver(channel, tell)) ?? crypto.randomUUID()
  sessionStorage.setItem(nameKey, name)
  const storageKey = storageKeyOf(name)
  channel.addEventListener('message', ({ data }) => {
    const message = messageSchema.safeParse(data).data
    const value = sessionStorage.getItem(storageKey)
    if (message?.kind === 'asked' && value !== null) {
      tell({ kind: 'handed', to: message.by, name, key: storageKey, value })
    } else if (message?.kind === 'stored' && message.key.startsWith(storageKey)) {
      if (message.value === null) sessionStorage.removeItem(message.key)
      else sessionStorage.setItem(message.key, message.value)
    }
  })
  return {
    storageKey,
    storage: {
      getItem: (key) => sessionStorage.getItem(key),
      setItem(key, value) {
        sessionStorage.setItem(key, value)
        tell({ kind: 'stored', key, value })
      },
      removeItem(key) {
        sessionStorage.removeItem(key)
        tell({ kind: 'stored', key, value: null })
      },
    },
  }
}

function storageKeyOf(name: string): string {
  return `boardcache-session-${name}`
}

/** Takes over the session of another tab, and answers its name; null if none is signed in. */
function handedOver(channel: BroadcastChannel, tell: (message: Message) => void): Promise<string | null> {
  const by = crypto.randomUUID()
  return new Promise((resolve) => {
    const timer = setTimeout(() => settle(null), answerMs)
    const onMessage = ({ data }: MessageEvent) => {
      const message = messageSchema.safeParse(data).data
      if (message?.kind !== 'handed' || message.to !== by) return
      sessionStorage.setItem(message.key, message.value)
      settle(message.name)
    }
    function settle(name: string | null) {
      clearTimeout(timer)
      channel.removeEventListener('message', onMessage)
      resolve(name)
    }
    channel.addEventListener('message', onMessage)
    tell({ kind: 'asked', by })
  })
}
