/* uno_sim: the UNO's firmware in simavr. A waveform on ADC0, UART0 on a pty or from a script, every
 * event on stdout as a line of JSON.
 *
 *   uno_sim [options] firmware.elf
 *     -w FILE    waveform: little-endian uint16 [mV], repeated (otherwise 2500 mV)
 *     -r HZ      its rate, 1000
 *     -l LINK    real time, UART on a pty with a symbolic link here; commands on stdin, one a line:
 *                  unplug, plug  close the pty; open another one under the same link
 *                  hang          the processor runs in a circle
 *                  press, release  the button on pin 2
 *     -i FILE    as fast as possible, UART from a script: lines "MICROSECONDS HEX" or
 *                "MICROSECONDS hang" (or press, release); what the board sends is reported as frames
 *     -t S       end after so many simulated seconds
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "avr_adc.h"
#include "avr_ioport.h"
#include "avr_uart.h"
#include "sim_avr.h"
#include "sim_elf.h"
#include "sim_time.h"

#define MEGAHERTZ 16
/* 87 us at 115200 baud, but the receiver of simavr takes 94. */
#define BYTE_US 96
#define HANG_AT 0x7000 /* flash that neither sketch nor bootloader uses */

static avr_t *avr;
static avr_irq_t *uart_in, *adc0, *button;
static volatile sig_atomic_t stopping;
static int pty = -1, slave = -1, hanging;
static const char *link_path;
static FILE *script;
static uint64_t wall0;

static uint16_t *wave;
static size_t wave_size;
static double wave_hz = 1000;

static uint64_t conversions, tx_bytes, rx_bytes, slept, last_conversion;
static uint64_t shortest = UINT64_MAX, longest;

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static double us(uint64_t cycle) { return cycle / (double)MEGAHERTZ; }

static void event(const char *what, const char *format, double value, const char *text) {
  printf("{\"us\":%.3f,\"wall_ns\":%llu,\"%s\":", us(avr->cycle), (unsigned long long)now_ns(), what);
  if (text) printf("\"%s\"}\n", text);
  else { printf(format, value); puts("}"); }
}

static void on_signal(int number) { (void)number; stopping = 1; }

/* ADC -------------------------------------------------------------------------------------------*/
static void on_conversion(avr_irq_t *irq, uint32_t value, void *param) {
  (void)irq, (void)value, (void)param;
  uint64_t gap = avr->cycle - last_conversion;
  if (conversions > 1 && gap < shortest) shortest = gap;
  if (conversions > 1 && gap > longest) longest = gap;
  last_conversion = avr->cycle;
  conversions++;
  size_t at = (size_t)(avr->cycle * (wave_hz / avr->frequency));
  avr_raise_irq(adc0, wave_size ? wave[at % wave_size] : 2500);
}

/* Pins ------------------------------------------------------------------------------------------*/
static uint64_t tone_first, tone_last, tone_edges;

static void on_led(avr_irq_t *irq, uint32_t value, void *name) {
  (void)irq;
  event(name, "%.0f", value, NULL);
}

static void on_buzzer(avr_irq_t *irq, uint32_t value, void *param) {
  (void)irq, (void)param;
  if (!tone_edges && !value) return; /* the pin becomes an output */
  if (!tone_edges++) {
    tone_first = avr->cycle;
    event("buzzer", "%.0f", 1, NULL);
  }
  tone_last = avr->cycle;
}

static void end_tone(void) { /* when no edge has come for 25 ms; says when the last one was */
  if (!tone_edges || avr->cycle - tone_last < avr->frequency / 40) return;
  double hz = tone_edges > 1 ? (tone_edges - 1) / 2.0 * avr->frequency / (tone_last - tone_first) : 0;
  tone_edges = 0;
  printf("{\"us\":%.3f,\"wall_ns\":%llu,\"buzzer\":0,\"hz\":%.1f}\n", us(tone_last),
         (unsigned long long)now_ns(), hz);
}

/* UART ------------------------------------------------------------------------------------------*/
static void on_byte(avr_irq_t *irq, uint32_t value, void *param) {
  (void)irq, (void)param;
  static char frame[2048];
  static size_t size;
  uint8_t byte = value;
  tx_bytes++;
  if (link_path && pty >= 0) (void)!write(pty, &byte, 1); /* nobody reads: lost, as on a wire */
  if (!script) return;
  if (size + 3 < sizeof frame) size += sprintf(frame + size, "%02x", byte);
  if (byte == 0) { event("tx", NULL, 0, frame); size = 0; }
}

/* Not from a callback: simavr sets the program counter after those. */
static void hang(void) {
  hanging = 0;
  avr->pc = HANG_AT;
  avr->state = cpu_Running;
  event("hang", "%.0f", 1, NULL);
}

/* The button pulls its pin to ground. */
static int push(const char *word) {
  int pressed = !strcmp(word, "press");
  if (!pressed && strcmp(word, "release")) return 0;
  avr_raise_irq(button, !pressed);
  return 1;
}

/* The next byte of the script, if it is due. */
static int script_byte(uint8_t *byte) {
  static double due = -1;
  static char word[1 << 17], *at = "";
  if (!*at) {
    at = ""; /* away from the word that is read next */
    if (due < 0 && fscanf(script, "%lf %131071s", &due, word) != 2) return 0;
    if (us(avr->cycle) < due) return 0;
    due = -1;
    if (!strcmp(word, "hang")) { hanging = 1; return 0; }
    if (push(word)) return 0;
    at = word;
  }
  unsigned value;
  sscanf(at, "%2x", &value);
  at += 2;
  *byte = value;
  return 1;
}

static avr_cycle_count_t feed(avr_t *a, avr_cycle_count_t when, void *param) {
  (void)param;
  uint8_t byte;
  /* simavr's XON and XOFF are left alone: a wire does not wait for a receiver. */
  int got = script ? script_byte(&byte) : pty >= 0 && read(pty, &byte, 1) == 1;
  if (got) {
    rx_bytes++;
    if (byte == 0) event("rx", "%.0f", 1, NULL);
    avr_raise_irq(uart_in, byte);
  }
  return when + avr_usec_to_cycles(a, BYTE_US);
}

static void unplug(void) {
  if (pty >= 0) { close(slave); close(pty); pty = -1; unlink(link_path); }
}

static void plug(void) {
  char name[64];
  struct termios mode;
  unplug();
  /* The slave stays open here too: no hang-up while the host has not opened it. */
  if (openpty(&pty, &slave, name, NULL, NULL) || symlink(name, link_path)) { perror(link_path); exit(1); }
  tcgetattr(slave, &mode);
  cfmakeraw(&mode);
  tcsetattr(slave, TCSANOW, &mode);
  fcntl(pty, F_SETFL, O_NONBLOCK);
  event("pty", NULL, 0, name);
}

static void take_commands(void) {
  char line[64];
  ssize_t size = read(STDIN_FILENO, line, sizeof line - 1);
  if (size <= 0) return;
  line[size] = 0;
  for (char *word = strtok(line, "\n"); word; word = strtok(NULL, "\n")) {
    if (!strcmp(word, "unplug")) unplug();
    else if (!strcmp(word, "plug")) plug();
    else if (!strcmp(word, "hang")) hanging = 1;
    else push(word);
  }
}

static avr_cycle_count_t pace(avr_t *a, avr_cycle_count_t when, void *param) {
  (void)param;
  end_tone();
  if (link_path) {
    take_commands();
    uint64_t due = wall0 + (uint64_t)(a->cycle * (1e9 / a->frequency)), now = now_ns();
    struct timespec rest = {(due - now) / 1000000000, (due - now) % 1000000000};
    if (due > now) nanosleep(&rest, NULL);
  }
  return when + avr_usec_to_cycles(a, 1000);
}

/* A reset of the processor takes all timers away, ours with them. */
static void (*core_reset)(avr_t *);
static void on_reset(avr_t *a) {
  if (core_reset) core_reset(a);
  avr_cycle_timer_register_usec(a, BYTE_US, feed, NULL);
  avr_cycle_timer_register_usec(a, 1000, pace, NULL);
}

static void on_sleep(avr_t *a, avr_cycle_count_t cycles) { (void)a; slept += cycles; }

static void listen_to(uint32_t control, int index, avr_irq_notify_t callback, char *param) {
  avr_irq_register_notify(avr_io_getirq(avr, control, index), callback, param);
}

static void read_wave(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file) { perror(path); exit(1); }
  fseek(file, 0, SEEK_END);
  wave_size = ftell(file) / 2;
  rewind(file);
  wave = malloc(wave_size * 2);
  if (fread(wave, 2, wave_size, file) != wave_size) { perror(path); exit(1); }
  fclose(file);
}

int main(int argc, char **argv) {
  double limit = 0;
  for (int option; (option = getopt(argc, argv, "w:r:l:i:t:")) != -1;) switch (option) {
    case 'w': read_wave(optarg); break;
    case 'r': wave_hz = atof(optarg); break;
    case 'l': link_path = optarg; break;
    case 'i': if (!(script = fopen(optarg, "r"))) { perror(optarg); return 1; } break;
    case 't': limit = atof(optarg); break;
    default: return 2;
  }
  elf_firmware_t firmware = {0};
  if (optind != argc - 1 || !link_path == !script || elf_read_firmware(argv[optind], &firmware)) return 2;
  setvbuf(stdout, NULL, _IOLBF, 1 << 16);
  signal(SIGTERM, on_signal);
  signal(SIGINT, on_signal);

  avr = avr_make_mcu_by_name("atmega328p");
  avr_init(avr);
  firmware.frequency = MEGAHERTZ * 1000000;
  avr_load_firmware(avr, &firmware);
  avr->vcc = avr->avcc = avr->aref = 5000;
  avr->sleep = on_sleep;
  avr->log = LOG_ERROR;
  avr->flash[HANG_AT] = 0xFF, avr->flash[HANG_AT + 1] = 0xCF; /* rjmp to itself */

  uint32_t flags = 0;
  avr_ioctl(avr, AVR_IOCTL_UART_GET_FLAGS('0'), &flags);
  flags &= ~(AVR_UART_FLAG_STDIO | AVR_UART_FLAG_POLL_SLEEP);
  avr_ioctl(avr, AVR_IOCTL_UART_SET_FLAGS('0'), &flags);
  uart_in = avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_INPUT);
  adc0 = avr_io_getirq(avr, AVR_IOCTL_ADC_GETIRQ, ADC_IRQ_ADC0);
  button = avr_io_getirq(avr, AVR_IOCTL_IOPORT_GETIRQ('D'), 2);
  listen_to(AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUTPUT, on_byte, NULL);
  listen_to(AVR_IOCTL_ADC_GETIRQ, ADC_IRQ_OUT_TRIGGER, on_conversion, NULL);
  listen_to(AVR_IOCTL_IOPORT_GETIRQ('D'), 7, on_led, "yellow");
  listen_to(AVR_IOCTL_IOPORT_GETIRQ('B'), 0, on_led, "red");
  listen_to(AVR_IOCTL_IOPORT_GETIRQ('B'), 1, on_buzzer, NULL);

  wall0 = now_ns();
  if (link_path) { fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK); plug(); }
  core_reset = avr->reset;
  avr->reset = on_reset;
  avr_reset(avr);
  int state = cpu_Running;
  while (!stopping && (!limit || avr->cycle < limit * avr->frequency) && state != cpu_Done && state != cpu_Crashed) {
    if (hanging) hang();
    state = avr_run(avr);
  }
  unplug();
  printf("{\"us\":%.3f,\"end\":%d,\"wall_s\":%.3f,\"slept\":%.4f,\"tx_bytes\":%llu,\"rx_bytes\":%llu,"
         "\"conversions\":%llu,\"shortest_us\":%.3f,\"longest_us\":%.3f}\n",
         us(avr->cycle), state, (now_ns() - wall0) / 1e9, slept / (double)avr->cycle,
         (unsigned long long)tx_bytes, (unsigned long long)rx_bytes, (unsigned long long)conversions,
         us(shortest), us(longest));
  return state == cpu_Crashed;
}
