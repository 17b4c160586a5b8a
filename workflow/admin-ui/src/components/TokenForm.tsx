import { useId, type FormEvent } from 'react'

/** Asks for the engine's token. It is kept for this tab only. */
export function TokenForm({ onToken }: { onToken: (token: string) => void }) {
  const id = useId()
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const token = new FormData(event.currentTarget).get('token')
    if (typeof token === 'string' && token.trim() !== '') onToken(token.trim())
  }
  return (
    <form className="token" onSubmit={submit}>
      <label htmlFor={id}>Token</label>
      <input id={id} name="token" type="password" autoComplete="off" required />
      <button type="submit">Continue</button>
      <p className="faint">
        The engine’s configuration sets it as <code>token</code> of <code>api.management</code>. It
        is kept in this tab and forgotten with it.
      </p>
    </form>
  )
}
