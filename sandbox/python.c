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
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wchar.h>

#include "sandbox.h"

#define PYTHON_ANSWER_MS 10000       // for the interpreter to say where its library lies
#define PYTHON_FILE_INPUT 257        // Py_file_input
#define PYTHON_SAFE_PATH 0x030b0000  // the first version that knows PYTHONSAFEPATH

typedef struct python_object object;

// The functions that we call, all of them in every version since 3.8.
#define PYTHON_API(X)                                                                             \
    X(void, Py_InitializeEx, (int))                                                               \
    X(int, Py_FinalizeEx, (void))                                                                 \
    X(void, PyOS_AfterFork_Child, (void))                                                         \
    X(object *, PyRun_StringFlags, (const char *, int, object *, object *, void *))               \
    X(object *, PyRun_FileExFlags, (FILE *, const char *, int, object *, object *, int, void *))  \
    X(object *, PyImport_AddModule, (const char *))                                               \
    X(object *, PyModule_GetDict, (object *))                                                     \
    X(object *, PyDict_New, (void))                                                               \
    X(object *, PyDict_GetItemString, (object *, const char *))                                   \
    X(int, PyDict_SetItemString, (object *, const char *, object *))                              \
    X(int, PyDict_DelItemString, (object *, const char *))                                        \
    X(object *, PyUnicode_DecodeFSDefault, (const char *))                                        \
    X(object *, PyList_New, (ssize_t))                                                            \
    X(int, PyList_Append, (object *, object *))                                                   \
    X(int, PySys_SetObject, (const char *, object *))                                             \
    X(object *, PySys_GetObject, (const char *))                                                  \
    X(object *, PyObject_CallFunctionObjArgs, (object *, ...))                                    \
    X(object *, PyObject_CallMethod, (object *, const char *, const char *, ...))                 \
    X(int, PyObject_IsTrue, (object *))                                                           \
    X(long, PyLong_AsLong, (object *))                                                            \
    X(object *, PyErr_Occurred, (void))                                                           \
    X(int, PyErr_ExceptionMatches, (object *))                                                    \
    X(void, PyErr_Fetch, (object **, object **, object **))                                       \
    X(void, PyErr_NormalizeException, (object **, object **, object **))                          \
    X(void, PyErr_Print, (void))                                                                  \
    X(void, PyErr_Clear, (void))                                                                  \
    X(void, PyErr_WriteUnraisable, (object *))                                                    \
    X(void, Py_DecRef, (object *))

static struct {
#define X(result, name, parameters) result(*name) parameters;
    PYTHON_API(X)
#undef X
    void (*Py_SetProgramName)(const wchar_t *);
    const char *(*Py_GetVersion)(void);
    object **PyExc_SystemExit;
    object **PyExc_KeyboardInterrupt;
    object *helpers;  // the globals of `helpers_source`
} python;

// What is done in Python, in a dictionary that no program sees. The names that a program may
// replace are bound when the zygote starts.
static const char helpers_source[] =
    "import os\n"
    "hooks = []\n"
    "register = os.register_at_fork\n"
    "os.register_at_fork = lambda **given: hooks.append(given)\n"
    "import atexit, builtins, gc, io, random, sys, threading, _thread\n"
    "for name in modules.split():\n"
    "    try:\n"
    "        __import__(name)\n"
    "    except Exception:\n"
    "        pass\n"
    "os.register_at_fork = register\n"
    "def prepare(arguments, file, sys=sys, os=os, new=type(sys), seed=random.seed,\n"
    "            set_id=threading.main_thread()._set_native_id):\n"
    "    # Of what modules do after a fork only this matters to a process with one thread and no\n"
    "    # lock held; threading's own hook would copy 130 pages. The program's forks do it all.\n"
    "    seed()\n"
    "    set_id()\n"
    "    for hook in hooks:\n"
    "        register(**hook)\n"
    "    sys.orig_argv = arguments\n"
    "    sys.argv = arguments[1:]\n"
    "    if not getattr(sys.flags, 'safe_path', False):\n"
    "        sys.path.insert(0, os.path.dirname(arguments[1]) if file else '')\n"
    "    # Made now, since what is older than the zygote's freeze is never collected.\n"
    "    module = new('__main__')\n"
    "    main = module.__dict__\n"
    "    main.update(sys.modules['__main__'].__dict__)\n"
    "    sys.modules['__main__'] = module\n"
    "    if file:\n"
    "        main['__file__'] = arguments[1]\n"
    "        main['__cached__'] = None\n"
    "        main['__loader__'] = loader('__main__', arguments[1])\n"
    "def exit_code(value, sys=sys, write=os.write, getattr=getattr, isinstance=isinstance,\n"
    "              int=int, str=str, BaseException=BaseException):\n"
    "    code = getattr(value, 'code', value)\n"
    "    if code is None:\n"
    "        return 0\n"
    "    if isinstance(code, int):\n"
    "        return code & 255 if -2**63 <= code < 2**63 else 255\n"
    "    try:\n"
    "        if sys.stderr is None:\n"
    "            write(2, str(code).encode('utf-8', 'backslashreplace'))\n"
    "        else:\n"
    "            sys.stderr.write(str(code))\n"
    "    except BaseException:\n"
    "        pass\n"
    "    if sys.stderr is None:\n"
    "        write(2, b'\\n')\n"
    "    else:\n"
    "        sys.stderr.write('\\n')\n"
    "    return 1\n"
    "def tear_down(sys=sys, facts=sys.__dict__, modules=sys.modules, objects=gc.get_objects,\n"
    "              names=builtins.__dict__, type=type, len=len, Exception=Exception):\n"
    "    for thing in objects():\n"
    "        if type(thing) in files:\n"
    "            try:\n"
    "                thing.flush()\n"
    "            except Exception:\n"
    "                pass\n"
    "    for name in special:\n"
    "        facts[name] = None\n"
    "    sys.stdin, sys.stdout, sys.stderr = sys.__stdin__, sys.__stdout__, sys.__stderr__\n"
    "    # Looking at an object writes to its count, and so copies its page: few are looked at.\n"
    "    if len(modules) != known_count:\n"
    "        for name in modules.keys() - known:\n"
    "            modules.pop(name, None)\n"
    "    if len(names) != genuine_count:\n"
    "        for name in names.keys() - genuine.keys():\n"
    "            del names[name]\n"
    "    for name in replaceable:\n"
    "        if names.get(name) is not genuine[name]:\n"
    "            names.update(genuine)\n"
    "files = io.TextIOWrapper, io.BufferedWriter, io.BufferedRandom\n"
    "join_threads = threading._shutdown\n"
    "run_exit_functions = atexit._run_exitfuncs\n"
    "count_threads = _thread._count\n"
    "collect = gc.collect\n"
    "imported = sys.modules\n"
    "from importlib.machinery import SourceFileLoader as loader\n"
    "true, false, none = True, False, None\n"
    "special = ('path', 'argv', 'ps1', 'ps2', 'last_type', 'last_value', 'last_traceback',\n"
    "           'path_hooks', 'path_importer_cache', 'meta_path')\n"
    "known = frozenset(sys.modules)\n"
    "known_count = len(known)\n"
    "genuine = dict(builtins.__dict__)\n"
    "genuine_count = len(genuine)\n"
    "replaceable = 'print', 'input', 'open', 'exit'\n"
    "gc.collect()\n"
    "gc.freeze()\n";

// What contest programs import. Each module makes every fork dearer: asyncio, hashlib and others
// that bring OpenSSL with them are left to those who want them.
static const char usual_modules[] =
    "abc array bisect calendar cmath collections contextlib copy dataclasses datetime decimal enum "
    "fractions functools gc heapq io itertools json math numbers operator os queue random re "
    "statistics string struct textwrap threading time traceback types typing unicodedata warnings "
    "numpy";

static int give_up(char *reason, size_t capacity, const char *what, const char *detail) {
    snprintf(reason, capacity, "%s%s%s", what, detail ? ": " : "", detail ? detail : "");
    return -1;
}

// ---- Start

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
    object *modules = python.PyUnicode_DecodeFSDefault(usual_modules);
    if (!python.helpers || !builtins || !modules) return false;
    if (python.PyDict_SetItemString(python.helpers, "__builtins__", builtins) < 0 ||
        python.PyDict_SetItemString(python.helpers, "modules", modules) < 0)
        return false;
    return python.PyRun_StringFlags(helpers_source, PYTHON_FILE_INPUT, python.helpers,
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

// ---- A run

static object *helper(const char *name) {
    return python.PyDict_GetItemString(python.helpers, name);
}

static bool prepare(int count, char **arguments, bool file) {
    object *list = python.PyList_New(0);
    for (int i = 0; i < count && list; i++) {
        object *text = python.PyUnicode_DecodeFSDefault(arguments[i]);
        if (!text || python.PyList_Append(list, text) < 0) return false;
        python.Py_DecRef(text);
    }
    object *flag = helper(file ? "true" : "false");
    return list && python.PyObject_CallFunctionObjArgs(helper("prepare"), list, flag, NULL);
}

/// Flushes sys.stdout and sys.stderr as the interpreter does; −1 if one cannot be.
static int flush_streams(bool aloud) {
    static const char *const names[] = {"stdout", "stderr"};
    int status = 0;
    for (int i = 0; i < 2; i++) {
        object *stream = python.PySys_GetObject(names[i]);
        if (!stream || stream == helper("none")) continue;
        object *closed = python.PyObject_CallMethod(stream, "__getattribute__", "s", "closed");
        int skip = closed ? python.PyObject_IsTrue(closed) : 0;
        python.PyErr_Clear();
        if (skip > 0) continue;
        object *done = python.PyObject_CallMethod(stream, "flush", NULL);
        if (done) continue;
        if (aloud && i == 0) python.PyErr_WriteUnraisable(stream);
        else python.PyErr_Clear();
        status = -1;
    }
    return status;
}

static object *call(const char *name) {
    return python.PyObject_CallFunctionObjArgs(helper(name), NULL);
}

/// What Py_FinalizeEx does for a program, without taking the imported modules apart. What may call
/// the program's functions is called from here, so that no frame of ours is above them.
static int finish(void) {
    object *joined = call("join_threads"), *threads = joined ? call("count_threads") : NULL;
    if (!threads || python.PyObject_IsTrue(threads)) {
        python.PyErr_Clear();
        return python.Py_FinalizeEx();
    }
    if (!call("run_exit_functions")) python.PyErr_Clear();
    int status = flush_streams(true);
    if (!call("tear_down")) python.PyErr_Clear();
    if (python.PyDict_DelItemString(helper("imported"), "__main__") < 0) python.PyErr_Clear();
    if (!call("collect")) python.PyErr_Clear();
    // What finalizers printed; nobody is left to hear that it could not be.
    flush_streams(false);
    return status;
}

/// Prints what ended the program; its exit code.
static int report_exception(bool *interrupted) {
    if (!python.PyErr_ExceptionMatches(*python.PyExc_SystemExit)) {
        *interrupted = python.PyErr_Occurred() == *python.PyExc_KeyboardInterrupt;
        python.PyErr_Print();
        return 1;
    }
    object *type, *value, *trace;
    python.PyErr_Fetch(&type, &value, &trace);
    python.PyErr_NormalizeException(&type, &value, &trace);
    fflush(stdout);
    object *code = python.PyObject_CallFunctionObjArgs(helper("exit_code"), value, NULL);
    int status = code ? (int)python.PyLong_AsLong(code) : 1;
    python.PyErr_Clear();
    python.Py_DecRef(type);
    python.Py_DecRef(value);
    python.Py_DecRef(trace);
    return status;
}

static object *run_source(char **arguments, bool file) {
    object *globals = python.PyModule_GetDict(python.PyImport_AddModule("__main__"));
    if (!file)
        return python.PyRun_StringFlags(arguments[2], PYTHON_FILE_INPUT, globals, globals, NULL);
    FILE *source = fopen(arguments[1], "rbe");
    if (!source) {
        fprintf(stderr, "%s: can't open file '%s': [Errno %d] %s\n", arguments[0], arguments[1],
                errno, strerror(errno));
        _exit(2);
    }
    return python.PyRun_FileExFlags(source, arguments[1], PYTHON_FILE_INPUT, globals, globals, 1,
                                    NULL);
}

static void forget_file(void) {
    static const char *const names[] = {"__file__", "__cached__"};
    object *globals = python.PyModule_GetDict(python.PyImport_AddModule("__main__"));
    for (int i = 0; i < 2; i++)
        if (python.PyDict_DelItemString(globals, names[i]) < 0) python.PyErr_Clear();
}

/// The kernel keeps the number of our CPU in memory for glibc, but not for a process whose maker had
/// borrowed its memory: glibc is to ask instead.
static void forget_cpu(void) {
    if (__rseq_size == 0) return;
    struct rseq *area = (struct rseq *)((char *)__builtin_thread_pointer() + __rseq_offset);
    area->cpu_id = (uint32_t)RSEQ_CPU_ID_UNINITIALIZED;
}

_Noreturn void python_run(const struct sbx_run *run, char **arguments) {
    int count = (int)run->argument_count;
    bool file = arguments[1][0] != '-', interrupted = false;
    pthread_attr_t threads;
    syscall(SYS_close_range, 3, ~0u, 0);
    prctl(PR_SET_NAME, "python3", 0, 0, 0);
    forget_cpu();
    // As if this process had been started under the limits that it has now.
    if (pthread_attr_init(&threads) == 0 &&
        pthread_attr_setstacksize(&threads, run->memory_bytes) == 0)
        pthread_setattr_default_np(&threads);
    python.PyOS_AfterFork_Child();
    if (!prepare(count, arguments, file)) _exit(3);
    int code = 0;
    if (!run_source(arguments, file)) code = report_exception(&interrupted);
    if (file) forget_file();
    if (finish() < 0) code = 120;
    fflush(NULL);
    if (interrupted) {
        signal(SIGINT, SIG_DFL);
        kill(getpid(), SIGINT);
    }
    _exit(code);
}
