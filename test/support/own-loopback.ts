/**
 * A loopback address (127.0.0.0/8) of this process alone. A server that goes away for a while listens here: on 127.0.0.1
 * its port could be taken meanwhile by a server of another test.
 */
export const OWN_LOOPBACK = `127.${64 + ((process.pid >>> 16) & 63)}.${(process.pid >>> 8) & 255}.${process.pid & 255 || 1}`;
