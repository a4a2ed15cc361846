// fatigue_ros on boards that can run micro-ROS: pulse in, light and sound out, straight on topics.
//
// Publishes `ppg` and `actuators/status`, subscribes `actuators/command`. See README.md for what of
// this has been run.
#include <Arduino.h>
#include <micro_ros_platformio.h>
#include <rcl/rcl.h>
#include <rclc/executor.h>
#include <rclc/rclc.h>
#include <rmw_microros/rmw_microros.h>

#include <fatigue_ros/msg/actuator_command.h>
#include <fatigue_ros/msg/actuator_status.h>
#include <fatigue_ros/msg/ppg_samples.h>

#include "agent_link.h"
#include "sample_batches.h"
#include "sampler.h"
#include "warning_outputs.h"

static constexpr uint8_t kBatch = 25;  // samples: 20 messages a second
static constexpr uint32_t kStatusPeriodMs = 1000;
static constexpr uint32_t kSyncPeriodMs = 60000;  // how often the clock is set by the agent's
static constexpr int kPingTimeoutMs = 50;
static constexpr int kSyncTimeoutMs = 100;
static constexpr uint32_t kMaxDurationMs = 65535;  // as the UNO's, so that no warning stays for good

static SampleBatches<kBatch, 8> batches;
static volatile uint32_t ticks;
static uint32_t first_tick_us;

static AgentLink agent;
static WarningOutputs outputs;
static Outputs shown = {false, false, 0};
static uint32_t acknowledged, last_status_ms, last_sync_ms;
static bool commanded;

static rclc_support_t support;
static rcl_allocator_t allocator;
static rcl_node_t node;
static rcl_publisher_t samples_publisher, status_publisher;
static rcl_subscription_t subscription;
static rclc_executor_t executor;

static uint16_t sample_data[kBatch];
static char sensor_frame[] = "ppg_sensor", firmware_name[] = "micro_ros 1.0", command_frame[64];
static fatigue_ros__msg__PpgSamples samples_message;
static fatigue_ros__msg__ActuatorStatus status_message;
static fatigue_ros__msg__ActuatorCommand command_message;

static void take_sample() { batches.add(ticks++, read_ppg()); }

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

static void set_stamp(builtin_interfaces__msg__Time &stamp, int64_t nanoseconds) {
  stamp.sec = static_cast<int32_t>(nanoseconds / 1000000000);
  stamp.nanosec = static_cast<uint32_t>(nanoseconds % 1000000000);
}

static bool publish_status() {
  set_stamp(status_message.header.stamp, rmw_uros_epoch_nanos());
  status_message.connected = true;
  status_message.host_lost = outputs.host_lost();
  status_message.yellow_led = shown.yellow;
  status_message.red_led = shown.red;
  status_message.buzzer_frequency = shown.buzzer_hz;
  status_message.acknowledged = acknowledged;
  status_message.dropped_samples = batches.dropped();
  return rcl_publish(&status_publisher, &status_message, nullptr) == RCL_RET_OK;
}

static void take_command(const void *received) {
  const auto &command = *static_cast<const fatigue_ros__msg__ActuatorCommand *>(received);
  if (commanded && command.sequence == acknowledged) {  // said again: no sign that alert lives
    publish_status();
    return;
  }
  const Outputs wanted = {command.yellow_led, command.red_led, command.buzzer_frequency};
  // Not a number is no duration.
  const float wanted_ms = command.duration > 0.0f ? 1000.0f * command.duration : 0.0f;
  const uint32_t now = millis();
  outputs.command(
      wanted, wanted_ms < kMaxDurationMs ? static_cast<uint32_t>(wanted_ms) : kMaxDurationMs, now);
  show(outputs.update(now));
  acknowledged = command.sequence;
  commanded = true;
  publish_status();
}

static void publish_samples() {
  while (const auto *batch = batches.oldest()) {
    const uint32_t device_time = first_tick_us + batch->first_tick * kSamplePeriodUs;
    const uint32_t age_us = micros() - device_time;
    set_stamp(samples_message.header.stamp,
              rmw_uros_epoch_nanos() - static_cast<int64_t>(age_us) * 1000);
    samples_message.sequence = batch->sequence;
    samples_message.device_time = device_time;
    memcpy(sample_data, batch->samples, sizeof sample_data);
    batches.release();
    if (rcl_publish(&samples_publisher, &samples_message, nullptr) != RCL_RET_OK) return;
  }
}

static bool create_entities() {
  allocator = rcl_get_default_allocator();
  const auto samples_type = ROSIDL_GET_MSG_TYPE_SUPPORT(fatigue_ros, msg, PpgSamples);
  const auto status_type = ROSIDL_GET_MSG_TYPE_SUPPORT(fatigue_ros, msg, ActuatorStatus);
  const auto command_type = ROSIDL_GET_MSG_TYPE_SUPPORT(fatigue_ros, msg, ActuatorCommand);
  const bool whole =
      rclc_support_init(&support, 0, nullptr, &allocator) == RCL_RET_OK &&
      rclc_node_init_default(&node, "microcontroller", "", &support) == RCL_RET_OK &&
      rclc_publisher_init_default(&samples_publisher, &node, samples_type, "ppg") == RCL_RET_OK &&
      rclc_publisher_init_default(&status_publisher, &node, status_type, "actuators/status") ==
          RCL_RET_OK &&
      rclc_subscription_init_default(&subscription, &node, command_type, "actuators/command") ==
          RCL_RET_OK &&
      rclc_executor_init(&executor, &support.context, 1, &allocator) == RCL_RET_OK &&
      rclc_executor_add_subscription(&executor, &subscription, &command_message, &take_command,
                                     ON_NEW_DATA) == RCL_RET_OK &&
      rmw_uros_sync_session(kSyncTimeoutMs) == RMW_RET_OK;
  last_sync_ms = millis();
  return whole;
}

static void destroy_entities() {
  rmw_context_t *context = rcl_context_get_rmw_context(&support.context);
  // The agent is gone: it will not confirm that it forgets us.
  if (context) (void)rmw_uros_set_context_entity_destroy_session_timeout(context, 0);
  (void)rclc_executor_fini(&executor);
  (void)rcl_subscription_fini(&subscription, &node);
  (void)rcl_publisher_fini(&status_publisher, &node);
  (void)rcl_publisher_fini(&samples_publisher, &node);
  (void)rcl_node_fini(&node);
  (void)rclc_support_fini(&support);
  support = rclc_support_t();
  node = rcl_get_zero_initialized_node();
  samples_publisher = status_publisher = rcl_get_zero_initialized_publisher();
  subscription = rcl_get_zero_initialized_subscription();
  executor = rclc_executor_get_zero_initialized_executor();
}

static void run(uint32_t now) {
  rclc_executor_spin_some(&executor, RCL_MS_TO_NS(1));
  publish_samples();
  if (now - last_status_ms >= kStatusPeriodMs) {
    last_status_ms = now;
    publish_status();
  }
  if (now - last_sync_ms >= kSyncPeriodMs) {
    last_sync_ms = now;
    (void)rmw_uros_sync_session(kSyncTimeoutMs);
  }
}

void setup() {
  pinMode(kYellowPin, OUTPUT);
  pinMode(kRedPin, OUTPUT);
  pinMode(kBuzzerPin, OUTPUT);
  Serial.begin(115200);
  set_microros_serial_transports(Serial);

  samples_message.header.frame_id = {sensor_frame, sizeof sensor_frame - 1, sizeof sensor_frame};
  samples_message.sample_rate = 1e6f / kSamplePeriodUs;
  samples_message.samples = {sample_data, kBatch, kBatch};
  status_message.firmware = {firmware_name, sizeof firmware_name - 1, sizeof firmware_name};
  command_message.header.frame_id = {command_frame, 0, sizeof command_frame};
  node = rcl_get_zero_initialized_node();
  samples_publisher = status_publisher = rcl_get_zero_initialized_publisher();
  subscription = rcl_get_zero_initialized_subscription();
  executor = rclc_executor_get_zero_initialized_executor();

  outputs.begin(millis());
  first_tick_us = micros() + kSamplePeriodUs;
  start_sampler(take_sample);
}

void loop() {
  const uint32_t now = millis();
  switch (agent.next(now)) {
    case AgentLink::kPing: {
      // The agent's answer says nothing of our nodes: only commands hold off the safe state.
      agent.answered(rmw_uros_ping_agent(kPingTimeoutMs, 1) == RMW_RET_OK);
      break;
    }
    case AgentLink::kCreate:
      agent.created(create_entities());
      break;
    case AgentLink::kSpin:
      run(now);
      break;
    case AgentLink::kDestroy:
      destroy_entities();
      agent.destroyed();
      break;
    case AgentLink::kRest:
      break;
  }
  // Samples that nobody takes are dropped as they come; lights are watched over in every state.
  show(outputs.update(millis()));
}
