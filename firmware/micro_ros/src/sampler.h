// A converter reading at an even pace: what differs from board to board.
//
// start_sampler(sample) calls sample() every kSamplePeriodUs, apart from the main loop.
#pragma once

#include <Arduino.h>

constexpr uint32_t kSamplePeriodUs = 2000;  // 500 Hz, the paper's "every 2 ms"

#if defined(ARDUINO_ARCH_ESP32)

// analogRead() takes a lock, which no interrupt may: a task that goes first does instead.
constexpr uint8_t kPpgPin = 36, kYellowPin = 25, kRedPin = 26, kBuzzerPin = 27;

inline uint16_t read_ppg() { return analogRead(kPpgPin); }

inline void start_sampler(void (*sample)()) {
  auto run = [](void *callback) {
    TickType_t wake = xTaskGetTickCount();
    for (;;) {
      vTaskDelayUntil(&wake, pdMS_TO_TICKS(kSamplePeriodUs / 1000));
      reinterpret_cast<void (*)()>(callback)();
    }
  };
  xTaskCreatePinnedToCore(run, "ppg", 2048, reinterpret_cast<void *>(sample),
                          configMAX_PRIORITIES - 1, nullptr, 1);
}

#elif defined(ARDUINO_ARCH_RP2040) || defined(ARDUINO_RASPBERRY_PI_PICO)

#include <hardware/adc.h>
#include <mbed.h>

constexpr uint8_t kPpgPin = 26, kYellowPin = 7, kRedPin = 8, kBuzzerPin = 9;

// analogRead() of this core takes a lock too; the converter itself needs none.
inline uint16_t read_ppg() { return adc_read(); }

inline void start_sampler(void (*sample)()) {
  static mbed::Ticker ticker;
  adc_init();
  adc_gpio_init(kPpgPin);
  adc_select_input(kPpgPin - 26);
  ticker.attach(mbed::callback(sample), std::chrono::microseconds(kSamplePeriodUs));
}

#elif defined(CORE_TEENSY)

constexpr uint8_t kPpgPin = 14, kYellowPin = 7, kRedPin = 8, kBuzzerPin = 9;

inline uint16_t read_ppg() { return analogRead(kPpgPin); }

inline void start_sampler(void (*sample)()) {
  static IntervalTimer timer;
  analogReadResolution(12);
  timer.begin(sample, kSamplePeriodUs);
}

#else
#error "expected an ESP32, an RP2040 or a Teensy: see README.md"
#endif
