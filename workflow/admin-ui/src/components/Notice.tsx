import type { ReactNode } from 'react'

/** Something a person should know before what follows; `alert` is read out at once. */
export function Notice({ alert = false, children }: { alert?: boolean; children: ReactNode }) {
  return (
    <div className={alert ? 'notice notice-bad' : 'notice'} role={alert ? 'alert' : 'status'}>
      {children}
    </div>
  )
}
