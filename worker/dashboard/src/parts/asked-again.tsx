import { useEffect, useEffectEvent, useState } from 'react'

/** Counts down to another try, which it makes by itself. The seconds are not announced one by one. */
export function AskedAgain({ afterSeconds, retry }: { afterSeconds: number; retry(): void }) {
  const [leftSeconds, setLeftSeconds] = useState(afterSeconds)
  const again = useEffectEvent(retry)
  useEffect(() => {
    const untilMs = Date.now() + afterSeconds * 1_000
    const timer = setInterval(() => {
      const left = Math.ceil((untilMs - Date.now()) / 1_000)
      setLeftSeconds(Math.max(0, left))
      if (left > 0) return
      clearInterval(timer)
      again()
    }, 250)
    return () => clearInterval(timer)
  }, [afterSeconds])
  return (
    <p>
      <span className="hidden">This page asks again after {afterSeconds} seconds.</span>
      <span aria-hidden="true">This page asks again in {leftSeconds} s.</span>
    </p>
  )
}
