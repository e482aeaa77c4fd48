/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Counts a frame into the side that sent it; TCP by the rules that src/capture/packet/track-tcp.ts tells. */
#ifndef PODFLOW_COUNT_H
#define PODFLOW_COUNT_H

#include "flow.h"
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define TCP_FIN 1
#define TCP_SYN 2
#define TCP_RST 4
#define TCP_ACK 16

#define SAMPLE_TICK_SHIFT 27 /* 2^27 ns = 134 ms: a side starts one round-trip sample a tick at most */

/* What is known of one frame besides its key. */
struct frame {
	__u32 bytes;
	__u32 segment_bytes; /* TCP payload, SYN and FIN counted one each */
	__u32 sequence, acknowledgement;
	__u8 is_tcp;
	__u8 flags;
	__u8 is_window_closed;
	__u8 side;
	__u8 direction; /* SEEN_OUTGOING or SEEN_INCOMING */
};

static __always_inline void track_sequence(struct flow_side *own, struct flow_side *other, struct frame *f, __u32 now_kns)
{
	__u32 end = f->sequence + f->segment_bytes;
	__u8 is_known = own->seen & SEEN_SEQUENCE;
	__s32 behind = f->sequence - own->next_sequence;
	__u8 is_syn = f->flags & TCP_SYN;

	if (is_known && is_syn && end != own->next_sequence) { /* the tuple is used again: a new sequence space */
		is_known = 0;
		other->awaited_since_kns = 0;
	}
	if (is_known && behind < 0) {
		__u8 is_keep_alive = behind == -1 && f->segment_bytes <= 1 && !(f->flags & (TCP_SYN | TCP_FIN));
		if (!is_keep_alive) {
			__sync_fetch_and_add(&own->retransmits, 1);
			other->awaited_since_kns = 0; /* Karn: an acknowledgement would be ambiguous */
		}
		if ((__s32)(end - own->next_sequence) > 0)
			own->next_sequence = end;
		return;
	}
	own->next_sequence = end;
	own->seen |= SEEN_SEQUENCE;
	__u8 tick = now_kns >> (SAMPLE_TICK_SHIFT - 10);
	if (other->awaited_since_kns == 0 && (tick != own->sample_tick || is_syn)) {
		own->sample_tick = tick;
		other->awaited_ack = end;
		__u32 since = bpf_ktime_get_ns() >> 10;
		other->awaited_since_kns = since ? since : 1;
	}
}

static __always_inline void track_acknowledgement(struct flow_side *own, struct frame *f)
{
	__u32 since = own->awaited_since_kns;

	if (since == 0 || !(f->flags & TCP_ACK) || (__s32)(f->acknowledgement - own->awaited_ack) < 0)
		return;
	own->awaited_since_kns = 0;
	__u32 sample = (__u32)(bpf_ktime_get_ns() >> 10) - since, old = own->ack_delay_kns;
	if (sample > 1u << 27) /* two minutes: a clock or a connection that slept */
		return;
	__u32 smoothed = old == 0 ? sample : sample >= old ? old + (sample - old) / 8 : old - (old - sample) / 8;
	own->ack_delay_kns = smoothed ? smoothed : 1;
}

static __always_inline void count_tcp(struct flow_side *own, struct flow_side *other, struct frame *f, __u64 now)
{
	own->tcp_flags |= f->flags;
	if (f->is_window_closed && !(f->flags & (TCP_SYN | TCP_RST)))
		own->seen |= SEEN_ZERO_WINDOW;
	if (f->flags & TCP_SYN) {
		if (own->syn_ns == 0)
			own->syn_ns = bpf_ktime_get_ns();
		if (f->flags & TCP_ACK) {
			own->seen |= SEEN_SYN_ACK;
		} else {
			own->seen |= SEEN_SYN;
			if (own->syn_count < 255)
				own->syn_count++;
		}
	}
	track_acknowledgement(own, f);
	if (f->segment_bytes)
		track_sequence(own, other, f, now >> 10);
}

static __always_inline void count_frame(struct flow_value *value, struct frame *f)
{
	struct flow_side *own = &value->side[f->side & 1], *other = &value->side[(f->side & 1) ^ 1];
	__u64 now = bpf_ktime_get_coarse_ns();

	/* The coarse clock stands still for up to 4 ms; who began is told by the first frames, so these are exact. */
	if (own->first_ns == 0)
		own->first_ns = bpf_ktime_get_ns();
	else if (now > own->first_ns)
		own->active_kns = (now - own->first_ns) >> 10;
	__sync_fetch_and_add(&own->frames, 1);
	__sync_fetch_and_add(&own->bytes, f->bytes);
	if (!(own->seen & f->direction))
		own->seen |= f->direction;
	if (f->is_tcp)
		count_tcp(own, other, f, now);
}

static __always_inline void carry_side(struct flow_side *to, const struct flow_side *from)
{
	to->next_sequence = from->next_sequence;
	to->awaited_ack = from->awaited_ack;
	to->awaited_since_kns = from->awaited_since_kns;
	to->ack_delay_kns = from->ack_delay_kns;
	to->sample_tick = from->sample_tick;
	to->seen = from->seen & SEEN_SEQUENCE;
}

#endif
