/** A token of the one-machine cloud for these claims; good for twelve hours. Rejects where the cloud refuses. */
export async function mint(claims: object): Promise<string> {
  const answer = await fetch('/__local/tokens', { method: 'POST', body: JSON.stringify(claims) });
  if (!answer.ok) throw new Error(`No token: the one-machine cloud answered ${answer.status}`);
  return ((await answer.json()) as { token: string }).token;
}
