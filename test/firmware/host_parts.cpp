// The firmware's portable headers on the host, as filters: one part, lines in, lines out.
//
//   host_parts decode    bytes in; payloads in hex out, at the end "errors N"
//   host_parts encode    payloads in hex in; frames in hex out
//   host_parts alert     frames in hex in; "sequence leds buzzer duration" or "refused" out
//   host_parts outputs   "MS heard|lost?|command Y R HZ MS" in; "yellow red buzzer lost" out
//   host_parts batches   "add TICK VALUE|take|dropped" in
//   host_parts agent     "MS next|answered 0/1|created 0/1|destroyed" in; state and action out
#include <cstdio>
#include <cstring>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "../../firmware/micro_ros/src/agent_link.h"
#include "../../firmware/uno/protocol.h"
#include "../../firmware/uno/sample_batches.h"
#include "../../firmware/uno/warning_outputs.h"

using std::string;

static string hex(const uint8_t *bytes, size_t size) {
  string text;
  char pair[3];
  for (size_t i = 0; i < size; i++) {
    snprintf(pair, sizeof pair, "%02x", bytes[i]);
    text += pair;
  }
  return text;
}

static std::vector<uint8_t> bytes(const string &text) {
  std::vector<uint8_t> out;
  for (size_t i = 0; i + 1 < text.size(); i += 2) out.push_back(std::stoi(text.substr(i, 2), nullptr, 16));
  return out;
}

static void decode() {
  protocol::FrameDecoder decoder;
  for (int c; (c = getchar()) != EOF;)
    if (const uint8_t size = decoder.feed(c)) puts(hex(decoder.payload(), size).c_str());
  printf("errors %u\n", decoder.errors());
}

static void encode(const string &line) {
  const auto payload = bytes(line);
  protocol::Payload out(static_cast<protocol::Message>(payload[0]));
  for (size_t i = 1; i < payload.size(); i++) out.put8(payload[i]);
  uint8_t frame[protocol::kMaxFrame];
  puts(hex(frame, out.frame(frame)).c_str());
}

static void alert(const string &line) {
  protocol::FrameDecoder decoder;
  protocol::Alert alert;
  uint8_t size = 0;
  for (uint8_t byte : bytes(line)) size = decoder.feed(byte);
  if (size && protocol::read_alert(decoder, size, alert))
    printf("%u %u %u %u\n", alert.sequence, alert.leds, alert.buzzer_hz, alert.duration_ms);
  else
    puts("refused");
}

static void outputs(const string &line) {
  static WarningOutputs outputs;
  static bool begun = false;
  std::istringstream in(line);
  uint32_t now, duration;
  string what;
  Outputs wanted;
  in >> now >> what;
  if (!begun) outputs.begin(now);
  begun = true;
  if (what == "heard") outputs.heard(now);
  if (what == "command" && in >> wanted.yellow >> wanted.red >> wanted.buzzer_hz >> duration)
    outputs.command(wanted, duration, now);
  const Outputs shown = outputs.update(now);
  printf("%d %d %u %d\n", shown.yellow, shown.red, shown.buzzer_hz, outputs.host_lost());
}

static void batches(const string &line) {
  static SampleBatches<10, 8> batches;
  std::istringstream in(line);
  string what;
  uint32_t tick, value;
  in >> what;
  if (what == "add" && in >> tick >> value) batches.add(tick, value);
  if (what == "dropped") printf("%u\n", batches.dropped());
  if (what != "take") return;
  const auto *batch = batches.oldest();
  if (!batch) {
    puts("none");
    return;
  }
  printf("%u %u", batch->sequence, batch->first_tick);
  for (uint16_t sample : batch->samples) printf(" %u", sample);
  puts("");
  batches.release();
}

static void agent(const string &line) {
  static AgentLink link;
  std::istringstream in(line);
  uint32_t now;
  string what;
  bool good = false;
  in >> now >> what >> good;
  int action = -1;
  if (what == "next") action = link.next(now);
  if (what == "answered") link.answered(good);
  if (what == "created") link.created(good);
  if (what == "destroyed") link.destroyed();
  printf("%d %d\n", link.state(), action);
}

int main(int argc, char **argv) {
  const string part = argc == 2 ? argv[1] : "";
  if (part == "decode") {
    decode();
    return 0;
  }
  void (*take)(const string &) = part == "encode"    ? encode
                                 : part == "alert"   ? alert
                                 : part == "outputs" ? outputs
                                 : part == "batches" ? batches
                                 : part == "agent"   ? agent
                                                     : nullptr;
  if (!take) return 2;
  for (string line; std::getline(std::cin, line);) take(line);
}
