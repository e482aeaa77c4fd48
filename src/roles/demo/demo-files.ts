/** The demo's Kubernetes objects, and the capture of the demo's own traffic that is replayed where namespaces may not
 * be made. In a bundle they lie beside the code as well. */
export const DEMO_OBJECTS = new URL('demo-objects.yaml', import.meta.url);
export const DEMO_CAPTURE = new URL('demo.pcapng', import.meta.url);
