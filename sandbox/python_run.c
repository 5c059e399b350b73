// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
//
// A candidate of the zygote: runs its source in the interpreter that it was born with, as `python3 FILE`
// or `python3 -c CODE` would (see python.c).

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "python_api.h"
#include "sandbox.h"

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
