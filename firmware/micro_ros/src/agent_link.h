// When to look for the micro-ROS agent, when to make and unmake what talks to it.
//
// The four states that micro-ROS recommends for reconnection. The decisions are here, free of
// micro-ROS, so that tests compile them for the host; main.cpp carries them out.
#pragma once

#include <stdint.h>

class AgentLink {
 public:
  enum State : uint8_t { kWaiting, kAvailable, kConnected, kDisconnected };
  enum Action : uint8_t {
    kRest,     // nothing to do yet
    kPing,     // ask whether the agent is there, then call answered()
    kCreate,   // make node, publishers and subscription, then call created()
    kSpin,     // let messages through
    kDestroy,  // unmake them, then call destroyed()
  };

  static constexpr uint32_t kSearchPeriodMs = 500;
  static constexpr uint32_t kCheckPeriodMs = 500;
  static constexpr uint8_t kMissedPings = 3;  // in a row, then the agent is taken for gone

  // What to do now.
  Action next(uint32_t now_ms) {
    switch (state_) {
      case kWaiting:
        return due(now_ms, kSearchPeriodMs) ? kPing : kRest;
      case kAvailable:
        return kCreate;
      case kConnected:
        return due(now_ms, kCheckPeriodMs) ? kPing : kSpin;
      default:
        return kDestroy;
    }
  }

  void answered(bool there) {
    if (state_ == kWaiting) {
      if (there) state_ = kAvailable;
    } else if (state_ == kConnected) {
      missed_ = there ? 0 : missed_ + 1;
      if (missed_ >= kMissedPings) state_ = kDisconnected;
    }
  }
  // A half-made set is unmade like a whole one.
  void created(bool whole) {
    missed_ = 0;
    state_ = whole ? kConnected : kDisconnected;
  }
  void destroyed() { state_ = kWaiting; }

  State state() const { return state_; }

 private:
  bool due(uint32_t now_ms, uint32_t period_ms) {
    if (pinged_ && now_ms - pinged_ms_ < period_ms) return false;
    pinged_ = true;
    pinged_ms_ = now_ms;
    return true;
  }

  State state_ = kWaiting;
  bool pinged_ = false;
  uint32_t pinged_ms_ = 0;
  uint8_t missed_ = 0;
};
