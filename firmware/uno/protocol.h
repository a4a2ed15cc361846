// Frames between the board and its host: COBS, CRC-16/CCITT-FALSE, little endian.
//
// docs/protocol.md describes every message; this header is its only statement in C++. It needs
// neither Arduino nor AVR, so that tests compile it for the host and feed it the same vectors.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace protocol {

constexpr uint8_t kVersion = 1;
constexpr uint32_t kBaud = 115200;
constexpr uint8_t kBatch = 10;               // samples in one SAMPLES message
constexpr uint16_t kSamplePeriodUs = 2000;   // 500 Hz
constexpr uint16_t kStatusPeriodMs = 1000;
constexpr uint16_t kMinBuzzerHz = 31;        // the lowest tone() can make on an 8-bit timer
constexpr uint16_t kMaxBuzzerHz = 10000;

constexpr uint8_t kMaxPayload = 48;          // longest payload, without CRC
constexpr uint8_t kCrcSize = 2;
constexpr uint8_t kMaxFrame = kMaxPayload + kCrcSize + 2;  // one COBS code and the final zero

enum Message : uint8_t {
  kSamples = 0x01,
  kStatus = 0x02,
  kAcknowledgement = 0x03,
  kAlert = 0x10,
  kHeartbeat = 0x11,
  kPulse = 0x12,
};

enum Flag : uint8_t {
  kYellow = 0x01,
  kRed = 0x02,
  kHostLost = 0x04,
  kButton = 0x08,
  kPulseStopped = 0x10,
};

// CRC-16/CCITT-FALSE: polynomial 0x1021, start 0xFFFF, not reflected; "123456789" gives 0x29B1.
inline uint16_t crc16(const uint8_t *bytes, size_t size) {
  uint16_t crc = 0xFFFF;
  while (size--) {
    crc ^= static_cast<uint16_t>(*bytes++) << 8;
    for (uint8_t bit = 0; bit < 8; bit++) {
      crc = (crc & 0x8000) ? static_cast<uint16_t>(crc << 1) ^ 0x1021
                           : static_cast<uint16_t>(crc << 1);
    }
  }
  return crc;
}

// A payload under construction. What does not fit is left out, and the frame comes out empty.
class Payload {
 public:
  explicit Payload(Message type) { put8(type); }

  void put8(uint8_t value) {
    if (size_ < kMaxPayload) bytes_[size_] = value;
    size_++;
  }
  void put16(uint16_t value) {
    put8(value & 0xFF);
    put8(value >> 8);
  }
  void put32(uint32_t value) {
    put16(value & 0xFFFF);
    put16(value >> 16);
  }

  // Write the whole frame, CRC and final zero included, to `out` (kMaxFrame bytes); its length.
  uint8_t frame(uint8_t *out) {
    if (size_ > kMaxPayload) return 0;
    const uint16_t crc = crc16(bytes_, size_);
    bytes_[size_] = crc & 0xFF;
    bytes_[size_ + 1] = crc >> 8;
    // Consistent overhead byte stuffing (Cheshire and Baker 1999); runs stay below 254 bytes here.
    uint8_t end = 1, code_at = 0;
    for (uint8_t i = 0; i < size_ + kCrcSize; i++) {
      if (bytes_[i]) {
        out[end++] = bytes_[i];
      } else {
        out[code_at] = end - code_at;
        code_at = end++;
      }
    }
    out[code_at] = end - code_at;
    out[end++] = 0;
    return end;
  }

 private:
  uint8_t bytes_[kMaxPayload + kCrcSize];
  uint8_t size_ = 0;
};

// Takes bytes one by one; whatever comes, the next good frame after a zero is found.
class FrameDecoder {
 public:
  // Length of the payload when this byte ended a good frame, otherwise 0.
  uint8_t feed(uint8_t byte) {
    if (byte != 0) {
      if (filled_ < sizeof buffer_) {
        buffer_[filled_++] = byte;
      } else {
        too_long_ = true;
      }
      return 0;
    }
    const uint8_t received = filled_;
    const bool whole = !too_long_;
    filled_ = 0;
    too_long_ = false;
    if (received == 0) return 0;  // zeros in a row part frames, too
    const uint8_t size = whole ? unstuff(received) : 0;
    if (size <= kCrcSize || crc16(buffer_, size - kCrcSize) != get16(size - kCrcSize)) {
      errors_++;
      return 0;
    }
    return size - kCrcSize;
  }

  const uint8_t *payload() const { return buffer_; }
  uint16_t get16(uint8_t at) const {
    return buffer_[at] | static_cast<uint16_t>(buffer_[at + 1]) << 8;
  }
  // Damaged frames so far, wraps.
  uint16_t errors() const { return errors_; }

 private:
  // Undo the stuffing in place; 0 when the codes do not fit the length.
  uint8_t unstuff(uint8_t size) {
    uint8_t read = 0, written = 0;
    while (read < size) {
      const uint8_t code = buffer_[read++];
      if (code - 1 > size - read) return 0;
      for (uint8_t left = code - 1; left > 0; left--) buffer_[written++] = buffer_[read++];
      if (read < size) buffer_[written++] = 0;  // a code of 0xFF cannot occur in so short a frame
    }
    return written;
  }

  uint8_t buffer_[kMaxFrame - 1];
  uint8_t filled_ = 0;
  bool too_long_ = false;
  uint16_t errors_ = 0;
};

struct Alert {
  uint16_t sequence;
  uint8_t leds;  // kYellow, kRed
  uint16_t buzzer_hz;
  uint16_t duration_ms;
};

// Whether the decoded payload is an ALERT that can be carried out as it stands.
inline bool read_alert(const FrameDecoder &decoder, uint8_t size, Alert &alert) {
  if (size != 8 || decoder.payload()[0] != kAlert) return false;
  alert.sequence = decoder.get16(1);
  alert.leds = decoder.payload()[3];
  alert.buzzer_hz = decoder.get16(4);
  alert.duration_ms = decoder.get16(6);
  const bool tone = alert.buzzer_hz >= kMinBuzzerHz && alert.buzzer_hz <= kMaxBuzzerHz;
  return (alert.leds & ~(kYellow | kRed)) == 0 && (alert.buzzer_hz == 0 || tone);
}

inline bool is_heartbeat(const FrameDecoder &decoder, uint8_t size) {
  return size == 3 && decoder.payload()[0] == kHeartbeat;
}

// Whether the decoded payload says that the pulse is wanted, or that it is not.
inline bool read_pulse(const FrameDecoder &decoder, uint8_t size, bool &wanted) {
  if (size != 2 || decoder.payload()[0] != kPulse || decoder.payload()[1] > 1) return false;
  wanted = decoder.payload()[1];
  return true;
}

}  // namespace protocol
