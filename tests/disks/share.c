/* Loaded before the C library: a mounted share that answers REFUSED_ERRNO to the calls that
   REFUSED_CALLS names, as file servers do to what their protocol does not have. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>

static int is_refused(const char *call) {
    const char *calls = getenv("REFUSED_CALLS");
    return calls != NULL && strstr(calls, call) != NULL;
}

static int refusal(void) {
    errno = atoi(getenv("REFUSED_ERRNO"));
    return -1;
}

int fchmod(int descriptor, mode_t mode) {
    int (*real)(int, mode_t) = (int (*)(int, mode_t))dlsym(RTLD_NEXT, "fchmod");
    return is_refused("fchmod") ? refusal() : real(descriptor, mode);
}

int flock(int descriptor, int operation) {
    int (*real)(int, int) = (int (*)(int, int))dlsym(RTLD_NEXT, "flock");
    return is_refused("flock") ? refusal() : real(descriptor, operation);
}

int fsync(int descriptor) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    struct stat found;
    int is_folder = fstat(descriptor, &found) == 0 && S_ISDIR(found.st_mode);
    return is_refused(is_folder ? "fsync-folder" : "fsync-file") ? refusal() : real(descriptor);
}
