// What the LEDs and the buzzer show: the host's last command while it lasts, or the safe state.
//
// Needs neither Arduino nor AVR; both sketches and the host's tests compile it.
#pragma once

#include <stdint.h>

struct Outputs {
  bool yellow;
  bool red;
  uint16_t buzzer_hz;  // 0: silent

  bool operator!=(const Outputs &other) const {
    return yellow != other.yellow || red != other.red || buzzer_hz != other.buzzer_hz;
  }
};

class WarningOutputs {
 public:
  static constexpr uint16_t kHostTimeoutMs = 2000;
  static constexpr uint16_t kBlinkHalfMs = 1000;  // safe state: yellow 1 s on, 1 s off

  // Start to wait for the host.
  void begin(uint32_t now_ms) {
    command_ = Outputs{false, false, 0};
    host_lost_ = false;
    heard_ms_ = now_ms;
  }

  // The host is there. Only for what has been checked: nothing else may hold off the safe state.
  void heard(uint32_t now_ms) {
    heard_ms_ = now_ms;
    host_lost_ = false;
  }

  // Show this for a time, unless another command comes or the host is lost.
  void command(const Outputs &wanted, uint32_t duration_ms, uint32_t now_ms) {
    heard(now_ms);
    command_ = wanted;
    began_ms_ = now_ms;
    duration_ms_ = duration_ms;
  }

  // What the pins are to show now.
  Outputs update(uint32_t now_ms) {
    if (now_ms - began_ms_ >= duration_ms_) command_ = Outputs{false, false, 0};
    if (!host_lost_ && now_ms - heard_ms_ >= kHostTimeoutMs) {
      host_lost_ = true;
      lost_ms_ = now_ms;
      command_ = Outputs{false, false, 0};
    }
    if (!host_lost_) return command_;
    return Outputs{(now_ms - lost_ms_) / kBlinkHalfMs % 2 == 0, false, 0};
  }

  bool host_lost() const { return host_lost_; }

 private:
  Outputs command_ = {false, false, 0};
  bool host_lost_ = false;
  uint32_t heard_ms_ = 0, lost_ms_ = 0, began_ms_ = 0, duration_ms_ = 0;
};
