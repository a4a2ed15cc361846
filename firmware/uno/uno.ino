// fatigue_ros on the Arduino UNO (ATmega328P): pulse and a button in, light and sound out.
//
// Every 2 ms a photoplethysmogram sample on A0; LEDs and buzzer as the host commands; a button. The
// link is described in docs/protocol.md, the wiring in docs/hardware.md.
#include <Arduino.h>
#include <avr/sleep.h>
#include <avr/wdt.h>
#include <util/atomic.h>

#include "button.h"
#include "protocol.h"
#include "sample_batches.h"
#include "warning_outputs.h"

static const uint8_t kFirmwareMajor = 1, kFirmwareMinor = 2;
static const uint8_t kPpgPin = A0, kButtonPin = 2, kYellowPin = 7, kRedPin = 8, kBuzzerPin = 9;

// 8 batches: the loop may be late by 140 ms.
static SampleBatches<protocol::kBatch, 8> batches;
static volatile uint32_t ticks;  // one every kSamplePeriodUs, whether a sample begins or not
static volatile bool pulse_wanted = true;  // until the host says otherwise

// After a watchdog reset the watchdog still runs, with its shortest time: stop it before main().
extern "C" void stop_watchdog(void) __attribute__((naked, used, section(".init3")));
void stop_watchdog(void) {
  MCUSR = 0;
  wdt_disable();
}

// Timer1 could start the converter by itself, but only in hardware: the simulator that our tests
// run this binary in has no such connection.
ISR(TIMER1_COMPA_vect) {
  if (pulse_wanted) ADCSRA |= _BV(ADSC);
  ticks++;
}

ISR(ADC_vect) { batches.add(ticks, ADC); }

static void start_sampling() {
  ADMUX = _BV(REFS0) | (kPpgPin - A0);               // against AVcc
  ADCSRA = _BV(ADEN) | _BV(ADIE) | _BV(ADPS2) | _BV(ADPS1) | _BV(ADPS0);  // 125 kHz
  DIDR0 = _BV(kPpgPin - A0);
  TCCR1A = 0;
  TCCR1B = _BV(WGM12) | _BV(CS11);                   // clear on match, 2 MHz
  OCR1A = 2 * protocol::kSamplePeriodUs - 1;
  TCNT1 = 0;
  TIMSK1 = _BV(OCIE1A);
}

// [us] since sampling began, by the same crystal and from the same zero as the samples; wraps.
static uint32_t device_time() {
  uint32_t done;
  uint16_t count;
  ATOMIC_BLOCK(ATOMIC_RESTORESTATE) {
    done = ticks;
    count = TCNT1;
    // A match that its interrupt has not counted yet.
    if ((TIFR1 & _BV(OCF1A)) && count < protocol::kSamplePeriodUs) done++;
  }
  return done * protocol::kSamplePeriodUs + count / 2;
}

static protocol::FrameDecoder decoder;
static WarningOutputs outputs;
static Button button;
static Outputs shown = {false, false, 0};
static uint16_t acknowledged, refused, status_sequence;
static uint32_t last_status_ms;

static void send(protocol::Payload &payload) {
  uint8_t frame[protocol::kMaxFrame];
  Serial.write(frame, payload.frame(frame));
}

static uint8_t flags() {
  return (shown.yellow ? protocol::kYellow : 0) | (shown.red ? protocol::kRed : 0) |
         (outputs.host_lost() ? protocol::kHostLost : 0) |
         (button.pressed() ? protocol::kButton : 0) | (pulse_wanted ? 0 : protocol::kPulseStopped);
}

static void send_samples(const SampleBatches<protocol::kBatch, 8>::Batch &batch) {
  protocol::Payload payload(protocol::kSamples);
  payload.put16(batch.sequence);
  payload.put32(batch.first_tick * protocol::kSamplePeriodUs);
  payload.put8(protocol::kBatch);
  for (uint8_t i = 0; i < protocol::kBatch; i++) payload.put16(batch.samples[i]);
  send(payload);
}

static void send_status() {
  uint16_t dropped;
  ATOMIC_BLOCK(ATOMIC_RESTORESTATE) { dropped = batches.dropped(); }
  protocol::Payload payload(protocol::kStatus);
  payload.put16(status_sequence++);
  payload.put32(device_time());
  payload.put8(protocol::kVersion);
  payload.put8(kFirmwareMajor);
  payload.put8(kFirmwareMinor);
  payload.put8(flags());
  payload.put16(shown.buzzer_hz);
  payload.put16(acknowledged);
  payload.put16(dropped);
  payload.put16(decoder.errors());
  payload.put16(refused);
  send(payload);
}

static void send_acknowledgement() {
  protocol::Payload payload(protocol::kAcknowledgement);
  payload.put16(acknowledged);
  payload.put32(device_time());
  payload.put8(flags());
  payload.put16(shown.buzzer_hz);
  send(payload);
}

static void show(const Outputs &wanted) {
  if (!(wanted != shown)) return;
  digitalWrite(kYellowPin, wanted.yellow);
  digitalWrite(kRedPin, wanted.red);
  if (wanted.buzzer_hz != shown.buzzer_hz) {
    if (wanted.buzzer_hz) {
      tone(kBuzzerPin, wanted.buzzer_hz);
    } else {
      noTone(kBuzzerPin);
    }
  }
  shown = wanted;
}

static void want_pulse(bool wanted) {
  if (wanted == pulse_wanted) return;
  ATOMIC_BLOCK(ATOMIC_RESTORESTATE) {
    if (wanted) batches.restart();
    pulse_wanted = wanted;
  }
}

static void take(uint8_t size) {
  const uint32_t now = millis();
  bool wanted_pulse;
  protocol::Alert alert;
  if (protocol::read_alert(decoder, size, alert)) {
    const Outputs wanted = {(alert.leds & protocol::kYellow) != 0,
                            (alert.leds & protocol::kRed) != 0, alert.buzzer_hz};
    outputs.command(wanted, alert.duration_ms, now);
    show(outputs.update(now));
    acknowledged = alert.sequence;
    send_acknowledgement();
  } else if (protocol::read_pulse(decoder, size, wanted_pulse)) {
    want_pulse(wanted_pulse);
    send_status();
  } else if (protocol::is_heartbeat(decoder, size)) {
    outputs.heard(now);
  } else {
    refused++;  // sound, but none of ours: our own frames coming back would not be a host
  }
}

void setup() {
  pinMode(kYellowPin, OUTPUT);
  pinMode(kRedPin, OUTPUT);
  pinMode(kBuzzerPin, OUTPUT);
  pinMode(kButtonPin, INPUT_PULLUP);  // to ground when pressed
  Serial.begin(protocol::kBaud);
  outputs.begin(millis());
  start_sampling();
  wdt_enable(WDTO_500MS);
}

void loop() {
  wdt_reset();
  while (const auto *batch = batches.oldest()) {
    send_samples(*batch);
    batches.release();
  }
  while (Serial.available()) {
    const uint8_t size = decoder.feed(Serial.read());
    if (size) take(size);
  }
  const uint32_t now = millis();
  show(outputs.update(now));
  if (button.update(digitalRead(kButtonPin) == LOW, now)) send_status();
  if (now - last_status_ms >= protocol::kStatusPeriodMs) {
    last_status_ms += protocol::kStatusPeriodMs;
    send_status();
  }
  // With interrupts off between the last look and falling asleep, none can slip by.
  set_sleep_mode(SLEEP_MODE_IDLE);
  cli();
  if (!batches.oldest() && !Serial.available()) {
    sleep_enable();
    sei();
    sleep_cpu();
    sleep_disable();
  }
  sei();
}
