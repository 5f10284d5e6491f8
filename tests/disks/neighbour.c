/* Loaded before the C library: somebody else who works on the same disk, at the worst moment.

   PLANT_AT     the path at which a file appears right before a call that would give it to another;
   PLANT_DURING names of calls: renames, or fsync-file for a disk that can only be asked before;
   PLANT_BY     the path of a file that is moved there, as editors save; else it is written in place;
   KILL_AFTER   a call after which the process is gone, once it was made for PLANT_AT;
   REFUSED_CALLS, REFUSED_ERRNO as in share.c. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char WORK[] = "somebody's work\n";

static int has(const char *variable, const char *word) {
    const char *value = getenv(variable);
    return value != NULL && strstr(value, word) != NULL;
}

static int is_target(const char *path) {
    const char *target = getenv("PLANT_AT");
    return target != NULL && strcmp(path, target) == 0;
}

static void plant(const char *call) {
    static int is_planted = 0;
    const char *target = getenv("PLANT_AT"), *other = getenv("PLANT_BY");
    if (is_planted || target == NULL || !has("PLANT_DURING", call)) return;
    is_planted = 1;
    if (other != NULL) {
        int (*real)(const char *, const char *) =
            (int (*)(const char *, const char *))dlsym(RTLD_NEXT, "rename");
        real(other, target);
        return;
    }
    int descriptor = open(target, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (descriptor < 0 || write(descriptor, WORK, sizeof WORK - 1) < 0) abort();
    close(descriptor);
}

static int refusal(void) {
    errno = atoi(getenv("REFUSED_ERRNO"));
    return -1;
}

static int after(const char *call, const char *path, int status) {
    if (status == 0 && is_target(path) && has("KILL_AFTER", call)) raise(SIGKILL);
    return status;
}

int rename(const char *from, const char *to) {
    int (*real)(const char *, const char *) =
        (int (*)(const char *, const char *))dlsym(RTLD_NEXT, "rename");
    if (is_target(to)) plant("rename");
    return after("rename", to, real(from, to));
}

int renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned int flags) {
    int (*real)(int, const char *, int, const char *, unsigned int) =
        (int (*)(int, const char *, int, const char *, unsigned int))dlsym(RTLD_NEXT, "renameat2");
    const char *call = flags == 2 ? "exchange" : "renameat2";
    if (has("REFUSED_CALLS", call)) return refusal();
    if (is_target(to)) plant(call);
    return after(call, to, real(from_fd, from, to_fd, to, flags));
}

int linkat(int from_fd, const char *from, int to_fd, const char *to, int flags) {
    int (*real)(int, const char *, int, const char *, int) =
        (int (*)(int, const char *, int, const char *, int))dlsym(RTLD_NEXT, "linkat");
    if (has("REFUSED_CALLS", "link")) return refusal();
    if (is_target(to)) plant("link");
    return after("link", to, real(from_fd, from, to_fd, to, flags));
}

/* As reports are. */
static int is_json(const char *path) {
    char first = 0;
    int descriptor = open(path, O_RDONLY);
    if (descriptor >= 0 && read(descriptor, &first, 1) < 0) abort();
    close(descriptor);
    return first == '{';
}

int fsync(int descriptor) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    struct stat found;
    char link[64], name[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, name, sizeof name - 1);
    int is_output = length > 4 && fstat(descriptor, &found) == 0 && S_ISREG(found.st_mode) &&
                    memcmp(name + length - 4, ".tmp", 4) == 0 && strstr(name, "/.qasr/") == NULL;
    /* What `check` writes is no output; its four bytes are shorter than any of them. */
    if (is_output && found.st_size > 4 && !is_json(link)) plant("fsync-file");
    return real(descriptor);
}
