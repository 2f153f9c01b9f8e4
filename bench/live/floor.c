/* The floor: what the kernel takes for one send() each, and nothing else. No language can do with less, one frame at a time.
 *
 *   floor PORT
 *
 * Accepts WebSockets, unchecked, and reads "all SIZE\n" or "one INDEX SIZE\n", followed by that many bytes, from stdin: a frame's
 * payload for all sockets, or for one.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static int sockets[65536], count;
static const char UPGRADED[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                               "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

static void put(int fd, const char *frame, size_t size) {
    while (send(fd, frame, size, MSG_NOSIGNAL) < 0 && errno == EAGAIN) usleep(200);
}

static int obey(void) {
    char line[64], frame[65536 + 4];
    int index = -1;
    unsigned size;
    if (!fgets(line, sizeof line, stdin)) return 0;
    if (sscanf(line, "all %u", &size) != 1 && sscanf(line, "one %d %u", &index, &size) != 2) return 0;
    if (size < 126 || size > 65535 || fread(frame + 4, 1, size, stdin) != size) return 0;
    frame[0] = (char)0x81, frame[1] = 126, frame[2] = (char)(size >> 8), frame[3] = (char)size;
    if (index >= 0) put(sockets[index], frame, size + 4);
    else for (int i = 0; i < count; i++) put(sockets[i], frame, size + 4);
    return 1;
}

int main(int argc, char **argv) {
    static const int yes = 1;
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    setvbuf(stdin, NULL, _IONBF, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(argc > 1 ? atoi(argv[1]) : 0), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), poll_fd = epoll_create1(0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, (void *)&address, sizeof address) || listen(listener, 4096)) return perror("floor"), 1;
    struct epoll_event events[256], interest = {.events = EPOLLIN, .data.fd = listener};
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, listener, &interest);
    interest.data.fd = 0;
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, 0, &interest);
    for (;;) {
        int found = epoll_wait(poll_fd, events, 256, -1);
        for (int i = 0; i < found; i++) {
            int fd = events[i].data.fd, accepted;
            char request[4096];
            if (fd == 0) {
                if (!obey()) return 0;
            } else if (fd == listener) {
                while ((accepted = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
                    setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
                    interest.data.fd = accepted;
                    epoll_ctl(poll_fd, EPOLL_CTL_ADD, accepted, &interest);
                }
            } else {
                ssize_t got = recv(fd, request, sizeof request, 0);
                if (got <= 0) close(fd);
                else if (got > 4 && !memcmp(request, "GET ", 4)) put(fd, UPGRADED, sizeof UPGRADED - 1), sockets[count++] = fd;
            }
        }
    }
}
