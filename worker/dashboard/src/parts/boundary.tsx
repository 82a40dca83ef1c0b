import { Component, type ReactNode } from 'react'
import { Notice } from './notice.tsx'

interface BoundaryProps {
  /** The part that is at fault: `the board`. */
  readonly what: string
  readonly children: ReactNode
}

/** Keeps an error of a part from taking the whole page down. React has no other way to catch one than a class. */
export class Boundary extends Component<BoundaryProps, { readonly hasFailed: boolean }> {
  override state = { hasFailed: false }

  static getDerivedStateFromError() {
    return { hasFailed: true }
  }

  override render() {
    if (!this.state.hasFailed) return this.props.children
    return (
      <Notice tone="bad">
        <p>An error of this page has ended {this.props.what}. The rest of the page is not affected.</p>
        <span className="row">
          <button type="button" onClick={() => this.setState({ hasFailed: false })}>
            Show it again
          </button>
          <button type="button" className="plain" onClick={() => window.location.reload()}>
            Reload the page
          </button>
        </span>
      </Notice>
    )
  }
}
