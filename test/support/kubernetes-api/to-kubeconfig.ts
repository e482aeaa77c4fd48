/** A kubeconfig with one context of a user and a cluster (their fields as kubectl has them); JSON is YAML. */
export function toKubeconfig(server: string, user: object, cluster: object): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'stand-in', cluster: { server, ...cluster } }],
    users: [{ name: 'sa', user }],
    contexts: [{ name: 'main', context: { cluster: 'stand-in', user: 'sa' } }],
    'current-context': 'main',
  });
}
