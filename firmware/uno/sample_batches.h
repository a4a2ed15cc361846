// Samples from an interrupt, handed to the main loop in whole batches.
//
// The samples of a batch follow each other without a gap. When the loop falls behind, a batch is
// dropped as a whole and its number is left out, so that the host sees what is missing.
// Needs neither Arduino nor AVR; both sketches and the host's tests compile it.
#pragma once

#include <stdint.h>

template <uint8_t kSize, uint8_t kCount>
class SampleBatches {
 public:
  struct Batch {
    uint16_t sequence;    // counts batches, dropped ones too; wraps
    uint32_t first_tick;  // number of the first sample's tick; wraps
    uint16_t samples[kSize];
  };

  // Interrupt: take a sample in.
  void add(uint32_t tick, uint16_t value) {
    Batch &batch = batches_[head_];
    if (filled_ == 0) {
      batch.first_tick = tick;
      batch.sequence = sequence_++;
    }
    batch.samples[filled_++] = value;
    if (filled_ < kSize) return;
    filled_ = 0;
    const uint8_t next = (head_ + 1) % kCount;
    if (next == tail_) {
      dropped_ += kSize;
      return;
    }
    fence();  // the batch is complete before the loop may see it
    head_ = next;
  }

  // With interrupts off: forget the batch at hand, since the next sample does not follow its last.
  void restart() {
    if (filled_) sequence_--;
    filled_ = 0;
  }

  // Loop: the oldest complete batch, or nullptr. It stays until release().
  const Batch *oldest() const {
    if (tail_ == head_) return nullptr;
    fence();
    return &batches_[tail_];
  }
  void release() {
    fence();
    tail_ = (tail_ + 1) % kCount;
  }

  // Samples lost so far, wraps. Two bytes: read it with interrupts off on an 8-bit machine.
  uint16_t dropped() const { return dropped_; }

 private:
  static void fence() { asm volatile("" ::: "memory"); }

  Batch batches_[kCount];
  volatile uint8_t head_ = 0, tail_ = 0;
  volatile uint16_t dropped_ = 0;
  uint8_t filled_ = 0;
  uint16_t sequence_ = 0;
};
