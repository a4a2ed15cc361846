// A button that is pressed or not, whatever its contacts do for the first moments.
//
// Needs neither Arduino nor AVR.
#pragma once

#include <stdint.h>

class Button {
 public:
  static constexpr uint16_t kSettleMs = 20;  // contacts bounce for a few milliseconds

  // What the pin says now, at a time that wraps; whether that is a press or its end.
  bool update(bool down, uint32_t now_ms) {
    if (down == pressed_) {
      since_ms_ = now_ms;
      return false;
    }
    if (now_ms - since_ms_ < kSettleMs) return false;
    since_ms_ = now_ms;
    pressed_ = down;
    return true;
  }
  bool pressed() const { return pressed_; }

 private:
  bool pressed_ = false;
  uint32_t since_ms_ = 0;
};
