/* Preloaded into the server (LD_PRELOAD): writes down what it does to the files below TORTURE_WATCH, and lets it fail.

   TORTURE_TRACE names a file that gets one record for each write, truncation, sync, creation, renaming and removal. A
   record is made when the call has returned, so that every write before the begin of a sync was really made before it.
   TORTURE_FAULT names a file that may hold letters and an errno, such as "WO28": W makes writes fail with it, S syncs,
   O whatever opens for writing, creates, renames or removes. It is looked at on each call, so that faults come and go. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define REAL(name) static __typeof__(&name) real; if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

struct head { uint8_t kind; uint8_t pad[3]; uint32_t path; uint64_t number; uint64_t data; };

static const char *watch, *trace, *fault;

/* A copy: a process that gives itself another title writes it over its environment. */
static const char *told(const char *name) {
    const char *value = getenv(name);
    return value ? strdup(value) : NULL;
}

__attribute__((constructor)) static void begin(void) {
    watch = told("TORTURE_WATCH");
    trace = told("TORTURE_TRACE");
    fault = told("TORTURE_FAULT");
}

static int watched(const char *path) {
    size_t most = strlen(path);
    if (!watch || strncmp(path, watch, strlen(watch)) != 0) return 0;
    return most < 4 || strcmp(path + most - 4, "-shm") != 0;  /* made anew from the log at each start */
}

static int path_of(int fd, char *path) {
    char name[64];
    if (!watch) return 0;
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    ssize_t got = readlink(name, path, PATH_MAX - 1);
    if (got <= 0) return 0;
    path[got] = 0;
    return watched(path);
}

static void note(char kind, const char *path, uint64_t number, const void *data, size_t length) {
    static int out = -1;
    int kept = errno;
    if (!trace) return;
    if (out < 0) out = syscall(SYS_openat, AT_FDCWD, trace, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    struct head head = {kind, {0}, strlen(path), number, length};
    struct iovec parts[3] = {{&head, sizeof head}, {(void *)path, head.path}, {(void *)data, length}};
    if (syscall(SYS_writev, out, parts, 3) != (long)(sizeof head + head.path + length)) abort();
    errno = kept;
}

static int fails(char operation) {
    char told[32];
    if (!fault) return 0;
    int in = syscall(SYS_openat, AT_FDCWD, fault, O_RDONLY | O_CLOEXEC);
    if (in < 0) return 0;
    ssize_t got = syscall(SYS_read, in, told, sizeof told - 1);
    syscall(SYS_close, in);
    if (got <= 0) return 0;
    told[got] = 0;
    if (!strchr(told, operation)) return 0;
    errno = atoi(told + strcspn(told, "0123456789"));
    return 1;
}

#define BEFORE(operation) char path[PATH_MAX]; int ours = path_of(fd, path); if (ours && fails(operation)) return -1

ssize_t write(int fd, const void *data, size_t length) {
    REAL(write);
    BEFORE('W');
    off_t at = ours ? lseek(fd, 0, SEEK_CUR) : 0;
    ssize_t done = real(fd, data, length);
    if (ours && done > 0) note('W', path, at, data, done);
    return done;
}

#define AFTER(held, kind, number, data, length) if (ours && (held)) { note(kind, path, number, data, length); } return done

#define PWRITE(name) ssize_t name(int fd, const void *data, size_t length, off_t at) { \
    REAL(name); BEFORE('W'); ssize_t done = real(fd, data, length, at); AFTER(done > 0, 'W', at, data, done); }
PWRITE(pwrite)
PWRITE(pwrite64)

#define TRUNCATE(name) int name(int fd, off_t size) { \
    REAL(name); BEFORE('W'); int done = real(fd, size); AFTER(done == 0, 'T', size, "", 0); }
TRUNCATE(ftruncate)
TRUNCATE(ftruncate64)

#define SYNC(name) int name(int fd) { \
    REAL(name); BEFORE('S'); uint64_t thread = syscall(SYS_gettid); \
    if (ours) { note('B', path, thread, "", 0); } \
    int done = real(fd); AFTER(done == 0, 'S', thread, "", 0); }
SYNC(fsync)
SYNC(fdatasync)

static int opened(int (*real)(int, const char *, int, ...), int folder, const char *name, int flags, mode_t mode) {
    char path[PATH_MAX];
    int writes = (flags & (O_WRONLY | O_RDWR | O_CREAT)) != 0, there = 1;
    if (writes && watched(name)) {
        there = access(name, F_OK) == 0;
        if (fails('O')) return -1;
    }
    int fd = real(folder, name, flags, mode);
    if (fd >= 0 && (flags & O_CREAT) && !there && path_of(fd, path)) note('C', path, 0, "", 0);
    if (fd >= 0 && (flags & O_TRUNC) && there && path_of(fd, path)) note('T', path, 0, "", 0);
    return fd;
}

#define MODE mode_t mode = 0; if (flags & O_CREAT) { va_list rest; va_start(rest, flags); mode = va_arg(rest, mode_t); va_end(rest); }
int open(const char *name, int flags, ...) { REAL(openat); MODE return opened(real, AT_FDCWD, name, flags, mode); }
int open64(const char *name, int flags, ...) { REAL(openat64); MODE return opened(real, AT_FDCWD, name, flags, mode); }
int openat(int at, const char *name, int flags, ...) { REAL(openat); MODE return opened(real, at, name, flags, mode); }
int openat64(int at, const char *name, int flags, ...) { REAL(openat64); MODE return opened(real, at, name, flags, mode); }

int unlink(const char *name) {
    REAL(unlink);
    if (watched(name) && fails('O')) return -1;
    int done = real(name);
    if (done == 0 && watched(name)) note('U', name, 0, "", 0);
    return done;
}

int rename(const char *name, const char *onto) {
    REAL(rename);
    if (watched(name) && fails('O')) return -1;
    int done = real(name, onto);
    if (done == 0 && watched(name)) note('R', name, 0, onto, strlen(onto));
    return done;
}

int link(const char *name, const char *also) {
    REAL(link);
    if (watched(name) && fails('O')) return -1;
    int done = real(name, also);
    if (done == 0 && watched(name)) note('L', name, 0, also, strlen(also));
    return done;
}
