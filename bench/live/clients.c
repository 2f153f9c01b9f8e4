/* Many WebSocket clients in one thread: they take frames, acknowledge as the protocol says, and note when each message came.
 *
 *   clients PORT DIALECT    DIALECT: plain | tidings | socket.io | sse
 *
 * stdin: one path a line, then a blank line; then commands, each answered by one line on stdout:
 *   (connected)      → "ready SECONDS"        all are live
 *   expect COUNT     → "expecting", and "done" as soon as COUNT messages have come
 *   samples FILE     → "written COUNT": for each message since `expect`, its number ("n":NUMBER in the frame) and CLOCK_MONOTONIC in ns, as two int64
 * The end of stdin ends the program. A lost connection ends it with a line on stderr and code 1.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PLAIN, TIDINGS, SOCKET_IO, SSE };
enum { AT_ONCE = 50, ACK_EACH = 64, ROOM = 1 << 17, LONGEST_LINE = 4096 };
static const int64_t ACK_AFTER_NS = 1000000000;

typedef struct {
    int fd, upgraded, ready, unacked;
    int64_t seq, due; /* the last seq shown, and when it is acknowledged at the latest */
    size_t held;
    char *rest; /* the beginning of a frame whose end has not come */
} Client;

static int port, dialect, poll_fd, count, ready, opened;
static char **paths;
static Client *clients;
static int64_t *samples;
static size_t sampled, room_for_samples;
static long expected, came;

static int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void fail(const char *what) {
    fprintf(stderr, "clients: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void say(const char *line) {
    puts(line);
    fflush(stdout);
}

static void put(Client *one, const void *bytes, size_t size) {
    if (send(one->fd, bytes, size, MSG_NOSIGNAL) != (ssize_t)size) fail("send");
}

/* A masked frame, the mask all zeroes. */
static void put_frame(Client *one, int opcode, const char *text, size_t size) {
    char frame[6 + 125] = {(char)(0x80 | opcode), (char)(0x80 | size)};
    if (size > 125) fail("a frame too long for this client");
    memcpy(frame + 6, text, size);
    put(one, frame, 6 + size);
}

static void put_text(Client *one, const char *text) { put_frame(one, 1, text, strlen(text)); }

static int64_t number_after(const char *text, size_t size, const char *key) {
    const char *at = memmem(text, size, key, strlen(key));
    return at ? strtoll(at + strlen(key), NULL, 10) : -1;
}

static int holds(const char *text, size_t size, const char *words) { return memmem(text, size, words, strlen(words)) != NULL; }

static void acknowledge(Client *one) {
    char text[100];
    snprintf(text, sizeof text, "{\"event\":\"ack\",\"data\":{\"up_to_seq\":%lld,\"after_ms\":1000}}", (long long)one->seq);
    put_text(one, text);
    one->unacked = 0;
}

static void is_ready(Client *one) {
    if (!one->ready) ready++;
    one->ready = 1;
}

static void message(Client *one, const char *text, size_t size, int64_t number) {
    if (sampled + 2 > room_for_samples && !(samples = realloc(samples, (room_for_samples = room_for_samples * 2 + 65536) * sizeof *samples))) fail("realloc");
    samples[sampled++] = number;
    samples[sampled++] = now();
    if (dialect == TIDINGS) {
        one->seq = number_after(text, size, "\"seq\":");
        if (!one->unacked++) one->due = now() + ACK_AFTER_NS;
        if (one->unacked == ACK_EACH) acknowledge(one);
    }
    if (++came == expected) say("done");
}

static void heard(Client *one, const char *text, size_t size) {
    int64_t number = number_after(text, size, "\"n\":");
    if (number >= 0) return message(one, text, size, number);
    size_t head = size < 60 ? size : 60;
    if (dialect == TIDINGS && holds(text, head, "\"caught_up\"")) is_ready(one);
    if (dialect == TIDINGS && holds(text, head, "\"ping\"")) put_text(one, "{\"event\":\"pong\",\"data\":{}}");
    if (dialect == SOCKET_IO && size && text[0] == '0') put_text(one, "40"); /* Engine.IO is open: join the namespace */
    if (dialect == SOCKET_IO && size > 1 && !memcmp(text, "40", 2)) is_ready(one);
    if (dialect == SOCKET_IO && size && text[0] == '2') put_text(one, "3");
    if (dialect == SSE && (holds(text, size, "event: connected") || holds(text, size, "stream-open"))) is_ready(one);
}

static void turned_out(const unsigned char *reason, size_t size) {
    fprintf(stderr, "clients: closed by the server: %d\n", size < 2 ? 1005 : reason[0] << 8 | reason[1]);
    exit(1);
}

/* What one frame takes of the bytes, 0 when its end has not come. */
static size_t frame(Client *one, const char *bytes, size_t size) {
    const unsigned char *byte = (const unsigned char *)bytes;
    if (size < 2) return 0;
    size_t length = byte[1] & 127, head = 2;
    if (length == 126) {
        if (size < 4) return 0;
        length = byte[2] << 8 | byte[3], head = 4;
    } else if (length == 127) {
        if (size < 10) return 0;
        for (length = 0, head = 2; head < 10; head++) length = length << 8 | byte[head];
    }
    if (size < head + length) return 0;
    int opcode = byte[0] & 15;
    if (opcode == 9) put_frame(one, 10, bytes + head, length);
    else if (opcode == 8) turned_out(byte + head, length);
    else heard(one, bytes + head, length);
    return head + length;
}

static size_t event(Client *one, const char *bytes, size_t size) {
    const char *end = memmem(bytes, size, "\n\n", 2);
    if (!end) return 0;
    heard(one, bytes, end - bytes);
    return end - bytes + 2;
}

static size_t answer(Client *one, const char *bytes, size_t size) {
    const char *end = memmem(bytes, size, "\r\n\r\n", 4);
    if (!end) return 0;
    if (!holds(bytes, 20, dialect == SSE ? " 200 " : " 101 ")) {
        fprintf(stderr, "clients: %.300s\n", bytes);
        exit(1);
    }
    one->upgraded = 1;
    if (dialect == PLAIN) is_ready(one);
    return end - bytes + 4;
}

static void take(Client *one) {
    static char buffer[ROOM];
    memcpy(buffer, one->rest, one->held);
    ssize_t got = recv(one->fd, buffer + one->held, ROOM - one->held, 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) fail("the server has gone");
    size_t size = one->held + got, at = 0, step;
    do {
        step = !one->upgraded ? answer(one, buffer + at, size - at) : dialect == SSE ? event(one, buffer + at, size - at) : frame(one, buffer + at, size - at);
        at += step;
    } while (step && at < size);
    one->held = size - at;
    if (one->held == ROOM) fail("a frame too long for this client");
    if (one->held && !(one->rest = realloc(one->rest, one->held))) fail("realloc");
    memcpy(one->rest, buffer + at, one->held);
}

static void connect_next(void) {
    Client *one = &clients[opened];
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    static const int yes = 1;
    if ((one->fd = socket(AF_INET, SOCK_STREAM, 0)) < 0 || connect(one->fd, (void *)&address, sizeof address)) fail("connect");
    setsockopt(one->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    char request[LONGEST_LINE + 300];
    const char *upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";
    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n%s\r\n", paths[opened], port, dialect == SSE ? "Accept: text/event-stream\r\n" : upgrade);
    put(one, request, strlen(request));
    fcntl(one->fd, F_SETFL, O_NONBLOCK);
    struct epoll_event interest = {.events = EPOLLIN, .data.u32 = opened++};
    if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, one->fd, &interest)) fail("epoll_ctl");
}

static void write_samples(const char *path) {
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(samples, sizeof *samples, sampled, file) != sampled || fclose(file)) fail(path);
    printf("written %zu\n", sampled / 2);
    fflush(stdout);
}

static void obey(char *line) {
    line[strcspn(line, "\n")] = 0;
    if (!strncmp(line, "expect ", 7)) {
        expected = strtol(line + 7, NULL, 10), came = 0, sampled = 0;
        say("expecting");
    } else if (!strncmp(line, "samples ", 8)) {
        write_samples(line + 8);
    } else {
        errno = EINVAL, fail(line);
    }
}

static void read_paths(void) {
    char line[LONGEST_LINE];
    int room = 0;
    while (fgets(line, sizeof line, stdin) && *line != '\n') {
        if (count == room && !(paths = realloc(paths, (room = room * 2 + 1024) * sizeof *paths))) fail("realloc");
        line[strcspn(line, "\n")] = 0;
        paths[count++] = strdup(line);
    }
    clients = calloc(count, sizeof *clients);
    for (int i = 0; i < count; i++) clients[i].rest = malloc(1);
}

static void acknowledge_what_is_due(void) {
    int64_t moment = now();
    for (int i = 0; i < opened; i++)
        if (clients[i].unacked && clients[i].due <= moment) acknowledge(&clients[i]);
}

int main(int argc, char **argv) {
    if (argc != 3) return fprintf(stderr, "clients PORT plain|tidings|socket.io|sse\n"), 2;
    port = atoi(argv[1]);
    dialect = !strcmp(argv[2], "tidings") ? TIDINGS : !strcmp(argv[2], "socket.io") ? SOCKET_IO : !strcmp(argv[2], "sse") ? SSE : PLAIN;
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    setvbuf(stdin, NULL, _IONBF, 0); /* or epoll would not see what stdio has read ahead */
    read_paths();
    poll_fd = epoll_create1(0);
    struct epoll_event commands = {.events = EPOLLIN, .data.u32 = UINT32_MAX}, events[256];
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, 0, &commands);
    int64_t began = now(), looked = began;
    for (int told = 0;;) {
        while (opened < count && opened - ready < AT_ONCE) connect_next();
        int found = epoll_wait(poll_fd, events, 256, 20);
        for (int i = 0; i < found; i++) {
            char line[LONGEST_LINE];
            if (events[i].data.u32 != UINT32_MAX) take(&clients[events[i].data.u32]);
            else if (fgets(line, sizeof line, stdin)) obey(line);
            else return 0;
        }
        if (dialect == TIDINGS && now() - looked > 10000000) acknowledge_what_is_due(), looked = now();
        if (!told && ready == count) told = 1, printf("ready %.6f\n", (now() - began) / 1e9), fflush(stdout);
    }
}
