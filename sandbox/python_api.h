// Assay: reward verification for reinforcement learning.
// SPDX-License-Identifier: Apache-2.0
//
// The interpreter that the zygote holds: the functions that we call, and our own source in Python.

#pragma once

#include <stdio.h>
#include <sys/types.h>
#include <wchar.h>

#define PYTHON_FILE_INPUT 257  // Py_file_input

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

extern struct python_api {
#define X(result, name, parameters) result(*name) parameters;
    PYTHON_API(X)
#undef X
    void (*Py_SetProgramName)(const wchar_t *);
    const char *(*Py_GetVersion)(void);
    object **PyExc_SystemExit;
    object **PyExc_KeyboardInterrupt;
    object *helpers;  // the globals of `python_helpers_source`
} python;

extern const char python_helpers_source[];
/// Names of modules that the zygote imports, parted by spaces.
extern const char python_usual_modules[];
