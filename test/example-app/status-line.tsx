import { useEffect, useState } from 'react'
import { useBoardcache } from '../../worker/client/react/index.ts'

const words = {
  live: 'live',
  connecting: 'connecting',
  polling: 'no live connection, asking every few seconds',
  paused: 'paused',
  offline: 'offline',
} as const

/** "live, current as of 0.4 s ago". The age grows by itself, so it is read again every now and then. */
export function StatusLine() {
  const client = useBoardcache()
  const [{ mode, asOfAgeMs }, setStatus] = useState(() => client.status())
  useEffect(() => {
    const read = () => setStatus(client.status())
    const timer = setInterval(read, 500)
    const stop = client.onStatus(read)
    return () => {
      clearInterval(timer)
      stop()
    }
  }, [client])
  const age = asOfAgeMs === null ? '' : `, current as of ${(asOfAgeMs / 1_000).toFixed(1)} s ago`
  return (
    <output data-mode={mode}>
      {words[mode]}
      {age}
    </output>
  )
}
