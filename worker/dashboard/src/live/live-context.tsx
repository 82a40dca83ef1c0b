import { createContext, type ReactNode, useContext } from 'react'
import { usePlace } from '../place.ts'
import { type Figures, useStream } from './use-stream.ts'

const LiveContext = createContext<Figures | null>(null)

/** Follows the stream once for all components that show figures. For a user who cannot be an operator, it is not asked for. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const { api, workspace, mayOperate } = usePlace()
  return <LiveContext value={useStream(mayOperate ? api : null, workspace.id)}>{children}</LiveContext>
}

/** The live figures; null outside of a `LiveProvider`. */
export function useFigures(): Figures | null {
  return useContext(LiveContext)
}
