// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
//
// The Python zygote: an interpreter that is warm before a program comes.
//
// Starting Python costs 10 ms and its usual imports 40 more; a fork of a process that has done both
// costs less than one. So each slot has, beside its keeper, a process that loads the configured
// interpreter's own library (no version is built in: the interpreter is asked where it lies),
// imports the usual modules and then makes boxes exactly as the keeper does, by box_enter(). What
// is different is the last step: instead of exec, the candidate runs the source in the interpreter
// that it was born with. Every run is a fresh process; nothing flows back into the zygote, which
// never runs anything but this file and the modules it imports.
//
// For the program all is as if `python3 /box/main.py` had been started: same flags, arguments,
// environment, streams, signals, tracebacks, exit codes, and the same order of things at the end. Two
// things differ: more modules are in sys.modules, and the addresses of the interpreter are the same in
// all runs of a slot (address-space layout randomisation is per zygote). The end is the only part
// that we do ourselves, since tearing down every imported module would cost 4 ms a run: threads are
// joined, atexit functions run, what the program made is collected and the streams are flushed. With
// other threads still alive the interpreter's own end is taken.
//
// The zygote must have one thread when it forks, and it must not know secrets: it reads nothing but
// requests, and each overwrites the one before.

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wchar.h>

#include "python_api.h"
#include "sandbox.h"

#define PYTHON_ANSWER_MS 10000  // for the interpreter to say where its library lies

struct python_api python;

static int give_up(char *reason, size_t capacity, const char *what, const char *detail) {
    snprintf(reason, capacity, "%s%s%s", what, detail ? ": " : "", detail ? detail : "");
    return -1;
}

/// Asks the interpreter for the path of its library. It runs as we do: it is the operator's.
static int find_library(const struct sandbox_config *config, char *path, size_t capacity) {
    static const char question[] =
        "import sysconfig as s; v = s.get_config_var\n"
        "print(v('LIBDIR') + '/' + v('INSTSONAME') if v('Py_ENABLE_SHARED') else '', end='')";
    int answer[2];
    if (pipe2(answer, O_CLOEXEC) < 0) return -1;
    pid_t child = fork();
    if (child == 0) {
        char *const arguments[] = {(char *)config->python, "-S", "-c", (char *)question, NULL};
        dup2(answer[1], 1);
        execve(config->python, arguments, (char *const *)config->environment);
        _exit(127);
    }
    close(answer[1]);
    size_t length = 0;
    struct pollfd ready = {.fd = answer[0], .events = POLLIN};
    while (child > 0 && length + 1 < capacity && poll(&ready, 1, PYTHON_ANSWER_MS) > 0) {
        ssize_t got = read(answer[0], path + length, capacity - 1 - length);
        if (got <= 0) break;
        length += (size_t)got;
    }
    path[length] = 0;
    close(answer[0]);
    int status = -1;
    if (child > 0) {
        if (length == 0) kill(child, SIGKILL);
        waitpid(child, &status, 0);
    }
    return status == 0 && path[0] == '/' ? 0 : -1;
}

static const char *find_symbol(void *library) {
#define X(result, name, parameters)                                   \
    *(void **)&python.name = dlsym(library, #name);                   \
    if (!python.name) return #name;
    PYTHON_API(X)
    X(, Py_SetProgramName, )
    X(, Py_GetVersion, )
    X(, PyExc_SystemExit, )
    X(, PyExc_KeyboardInterrupt, )
#undef X
    return NULL;
}

/// Standard streams of the kinds that programs get, since Python looks at them when it starts: an
/// input that can seek, outputs that cannot.
static int take_model_streams(void) {
    int input = memfd_create("input", MFD_CLOEXEC), output[2];
    if (input < 0 || pipe2(output, O_CLOEXEC) < 0) return -1;
    if (dup2(input, 0) < 0 || dup2(output[1], 1) < 0 || dup2(output[1], 2) < 0) return -1;
    close(input);
    close(output[0]);
    close(output[1]);
    return 0;
}

/// Runs our own source; false with the error shown nowhere, since nobody could read it.
static bool run_helpers(void) {
    python.helpers = python.PyDict_New();
    object *builtins = python.PyImport_AddModule("builtins");
    object *modules = python.PyUnicode_DecodeFSDefault(python_usual_modules);
    if (!python.helpers || !builtins || !modules) return false;
    if (python.PyDict_SetItemString(python.helpers, "__builtins__", builtins) < 0 ||
        python.PyDict_SetItemString(python.helpers, "modules", modules) < 0)
        return false;
    return python.PyRun_StringFlags(python_helpers_source, PYTHON_FILE_INPUT, python.helpers,
                                    python.helpers, NULL) != NULL;
}

/// Whether we are one thread; a container's filter may forbid to ask.
static bool is_single_threaded(void) {
    if (unshare(CLONE_THREAD) == 0) return true;
    if (errno != EPERM && errno != ENOSYS) return false;
    DIR *threads = opendir("/proc/self/task");
    struct dirent *entry;
    int count = 0;
    while (threads && (entry = readdir(threads))) count += entry->d_name[0] != '.';
    if (threads) closedir(threads);
    return count == 1;
}

/// The environment that programs see, with the folders of this slot.
static char **own_environment(const struct box_identity *identity) {
    static char *names[SANDBOX_MAX_ENVIRONMENT + 1], text[SANDBOX_MAX_ENVIRONMENT * 64];
    char *next = text;
    size_t room = sizeof text;
    for (int i = 0; identity->config->environment[i]; i++) {
        names[i] = (char *)candidate_rename(identity, identity->config->environment[i], &next, &room);
        if (!names[i]) return NULL;
    }
    return names;
}

int python_start(const struct box_identity *identity, char *reason, size_t capacity) {
    const struct sandbox_config *config = identity->config;
    char path[SANDBOX_PATH_MAX];
    static wchar_t program[SANDBOX_PATH_MAX];
    if (find_library(config, path, sizeof path) < 0)
        return give_up(reason, capacity, config->python, "names no shared library of its own");
    // Global: extension modules find the interpreter's symbols there.
    void *library = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
    if (!library) return give_up(reason, capacity, "dlopen", dlerror());
    const char *missing = find_symbol(library);
    if (missing) return give_up(reason, capacity, "the library lacks", missing);
    if (take_model_streams() < 0) return give_up(reason, capacity, "streams", strerror(errno));
    // What a candidate reads of itself in /proc: not the helper's command line.
    memset(config->title, 0, config->title_size);
    snprintf(config->title, config->title_size, "python3");
    environ = own_environment(identity);
    if (!environ) return give_up(reason, capacity, "the environment", "is too long");
    size_t length = mbstowcs(program, config->python, SANDBOX_PATH_MAX);
    if (length >= SANDBOX_PATH_MAX) return give_up(reason, capacity, "the path is no text", NULL);
    python.Py_SetProgramName(program);
    python.Py_InitializeEx(1);
    if (!run_helpers()) return give_up(reason, capacity, "the usual modules", "cannot be imported");
    // Fails when there are threads: a fork would lose them, and their locks.
    if (!is_single_threaded()) return give_up(reason, capacity, "modules start threads", NULL);
    snprintf(reason, capacity, "%.*s", (int)strcspn(python.Py_GetVersion(), " "),
             python.Py_GetVersion());
    return 0;
}

bool python_takes(const struct sandbox_config *config, const struct sbx_run *run) {
    if (!(run->flags & SBX_PYTHON)) return false;
    if (run->flags & SBX_CANARY) return true;
    // Byte for byte the command that the zygote stands for.
    const char *next = run->strings, *first = next, *second = NULL;
    for (uint32_t i = 0; i < run->argument_count; i++, next += strlen(next) + 1)
        if (i == 1) second = next;
    bool form = second && (second[0] != '-' || (strcmp(second, "-c") == 0 &&
                                                run->argument_count > 2));
    uint32_t same = 0;
    for (; same < run->environment_count && config->environment[same]; same++) {
        if (strcmp(next, config->environment[same]) != 0) return false;
        next += strlen(next) + 1;
    }
    return form && same == run->environment_count && !config->environment[same] &&
           strcmp(first, config->python) == 0;
}
